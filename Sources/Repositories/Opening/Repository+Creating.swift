import Primitives
package import ResticFormat
package import Stores

extension Repository {
  /// Creates one repository in several stores: config and key are byte-identical everywhere.
  ///
  /// The key is durable before the config, and the config is what makes a repository: a creation cut short can be repeated.
  /// - Throws: `alreadyExists` before anything is written if one of the stores holds a repository.
  package static func create(
    in stores: [any BlobStore], password: String, surroundings: Surroundings, parameters: ScryptParameters = .standard,
    compression: Compression = Compression()
  ) async throws -> [Repository] {
    for store in stores { try await refuseExisting(in: store) }
    let masterKey = SealingKey(random: surroundings.random)
    let config = ConfigFile(random: surroundings.random)
    let sealedConfig = masterKey.seal(config.encode(), random: surroundings.random)
    let key = try KeyFile(
      sealing: masterKey, password: password, created: surroundings.now(), username: surroundings.username,
      hostname: surroundings.hostname, parameters: parameters, random: surroundings.random
    ).encode()
    let keyID = ContentID(hashing: key)
    for store in stores {
      try await write(config: sealedConfig, keys: [(.key(keyID), key)], to: store)
    }
    return stores.map {
      Repository(
        store: $0, config: config, keyID: keyID, masterKey: masterKey, surroundings: surroundings, compression: compression)
    }
  }

  /// Makes an empty store another copy of `existing`: same config, same keys, no snapshots yet.
  ///
  /// - Throws: `alreadyExists` if the store holds a repository.
  package static func join(_ existing: Repository, _ newStore: any BlobStore) async throws -> Repository {
    try await refuseExisting(in: newStore)
    var keys: [(ObjectName, [UInt8])] = []
    for key in try await existing.store.names(of: .key) { keys.append((key.name, try await existing.store.bytes(of: key.name))) }
    try await write(config: existing.store.bytes(of: .config), keys: keys, to: newStore)
    return existing.with(store: newStore)
  }

  private static func refuseExisting(in store: any BlobStore) async throws {
    var isTaken = try await store.contains(.config)
    if !isTaken {
      // A place that is not there yet can be created; any other error means we do not know.
      do { isTaken = try await !store.names(of: .pack).isEmpty } catch let error as StoreError
        where [.notFound, .noSuchPlace].contains(error.kind)
      {}
    }
    guard isTaken else { return }
    throw RepositoryError(
      .alreadyExists, "store '\(store.address)' already holds a repository",
      hints: ["open it with its password, or choose an empty place"])
  }

  private static func write(config: [UInt8], keys: [(ObjectName, [UInt8])], to store: any BlobStore) async throws {
    try await store.createLayout()
    for (name, bytes) in keys { try await store.put(bytes, as: name) }
    try await store.put(config, as: .config)
  }
}
