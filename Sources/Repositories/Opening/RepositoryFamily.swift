import Primitives
package import ResticFormat
package import Stores

/// All copies of one repository among some stores: also those whose config or keys are damaged, so that they can be healed.
package struct RepositoryFamily: Sendable {
  /// In the order of the stores.
  package let copies: [Repository]
  /// Stores that cannot be reached, or hold no copy of this repository.
  package let failures: [StoreFailure]

  /// Opens every copy that opens by itself. One that does not, but holds an object that another has too, is opened with what the others
  /// know: a disk that is not mounted, an empty place or another repository is never taken for a damaged copy.
  ///
  /// - Throws: the first store's error if the password opens nothing anywhere.
  package static func open(
    _ stores: [any BlobStore], password: String, surroundings: Surroundings, compression: Compression = Compression()
  ) async throws -> RepositoryFamily {
    var opened: [Result<Repository, any Error>] = []
    for store in stores {
      do {
        opened.append(
          .success(try await Repository.open(store, password: password, surroundings: surroundings, compression: compression)))
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        opened.append(.failure(error))
      }
    }
    var model = opened.lazy.compactMap { try? $0.get() }.first
    if model == nil {
      let pieces = FamilyPieces(stores: stores, password: password)
      model = try await pieces.repository(surroundings: surroundings, compression: compression)
    }
    guard let model else { return try Self(opened.map { [try $0.get()] }.flatMap { $0 }) }
    return try await sort(stores, opened, by: model)
  }

  private init(_ copies: [Repository], failures: [StoreFailure] = []) {
    self.copies = copies
    self.failures = failures
  }

  private static func sort(
    _ stores: [any BlobStore], _ opened: [Result<Repository, any Error>], by model: Repository
  ) async throws -> RepositoryFamily {
    var copies: [Repository] = []
    var failures: [StoreFailure] = []
    for (store, result) in zip(stores, opened) {
      switch result {
      case .success(let copy) where copy.isCopy(of: model): copies.append(copy)
      case .success:
        let error = RepositoryError(
          .differentRepositories, "store '\(store.address)' holds another repository than '\(model.address)'",
          hints: ["all locations of a deployment are copies of one repository: name an empty place, then run 'akiba init' again"])
        failures.append(StoreFailure(address: store.address, error: error))
      case .failure(let error):
        if try await isDamagedCopy(store, of: model, among: stores) {
          copies.append(model.with(store: store))
        } else {
          failures.append(StoreFailure(address: store.address, error: error))
        }
      }
    }
    return Self(copies, failures: failures)
  }

  private static func isDamagedCopy(_ store: any BlobStore, of model: Repository, among stores: [any BlobStore]) async throws -> Bool {
    do {
      if let config = try? await model.with(store: store).storedConfig() { return config.id == model.config.id }
      for kind in KeylessCheck.contentKinds {
        let here = Set(try await store.names(of: kind).map(\.name))
        if here.isEmpty { continue }
        for other in stores where other.address != store.address {
          guard let names = try? await other.names(of: kind) else { continue }
          if names.contains(where: { here.contains($0.name) }) { return true }
        }
      }
      return false
    } catch is StoreError {
      return false
    }
  }
}

/// A key from one store and a config from another: what opens a repository none of whose copies is whole.
private struct FamilyPieces {
  let stores: [any BlobStore]
  let password: String

  func repository(surroundings: Surroundings, compression: Compression) async throws -> Repository? {
    for store in stores {
      guard let keys = try? await store.names(of: .key) else { continue }
      for id in keys.compactMap(\.name.id).sorted() {
        try Task.checkCancellation()
        guard let key = await masterKey(id, in: store), let (holder, config) = await config(with: key) else { continue }
        return Repository(
          store: holder, config: config, keyID: id, masterKey: key, surroundings: surroundings, compression: compression)
      }
    }
    return nil
  }

  private func masterKey(_ id: ContentID, in store: any BlobStore) async -> SealingKey? {
    guard let bytes = try? await store.bytes(of: .key(id)), ContentID(hashing: bytes) == id else { return nil }
    return try? KeyFile.decode(bytes).open(password: password)
  }

  private func config(with key: SealingKey) async -> (any BlobStore, ConfigFile)? {
    for store in stores {
      if let bytes = try? await store.bytes(of: .config), let config = try? ConfigFile.decode(key.unseal(bytes)) { return (store, config) }
    }
    return nil
  }
}
