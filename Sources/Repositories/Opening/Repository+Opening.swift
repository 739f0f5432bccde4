package import Primitives
package import ResticFormat
package import Stores

extension Repository {
  /// restic stops looking after so many keys too.
  private static let mostKeysTried = 20

  /// Opens the repository in `store` with any key `password` fits.
  ///
  /// - Parameter likelyKey: the one it fitted last: trying a key takes a tenth of a second.
  /// - Throws: `RepositoryError`: `noRepository`, `wrongPassword`, `unsupportedVersion`, `damaged`; or the store's own error.
  package static func open(
    _ store: any BlobStore, password: String, surroundings: Surroundings, compression: Compression = Compression(),
    likelyKey: ContentID? = nil
  ) async throws -> Repository {
    let config = try await configBytes(in: store)
    let (keyID, masterKey) = try await masterKey(in: store, password: password, likelyKey: likelyKey)
    let opened: ConfigFile
    do {
      opened = try ConfigFile.decode(masterKey.unseal(config))
    } catch {
      throw RepositoryError(ObjectName.config, in: store.address, is: error)
    }
    return Repository(
      store: store, config: opened, keyID: keyID, masterKey: masterKey, surroundings: surroundings, compression: compression)
  }

  /// The key `password` fits, and what it opens.
  static func masterKey(
    in store: any BlobStore, password: String, likelyKey: ContentID? = nil
  ) async throws -> (ContentID, SealingKey) {
    let names = try await store.names(of: .key).compactMap(\.name.id)
    let keys = names.sorted { ($0 == likelyKey ? 0 : 1, $0) < ($1 == likelyKey ? 0 : 1, $1) }
    guard !keys.isEmpty else {
      throw RepositoryError(
        .noRepository, "store '\(store.address)' holds a config but no key: nothing can open it",
        hints: ["copy the folder 'keys' from another location of the same repository"])
    }
    var damaged: RepositoryError?
    for id in keys.prefix(mostKeysTried) {
      let bytes = try await store.bytes(of: .key(id))
      do {
        guard ContentID(hashing: bytes) == id else { throw FormatError(.malformed, "has another SHA-256 than its name") }
        return (id, try KeyFile.decode(bytes).open(password: password))
      } catch let error as FormatError {
        if error.kind != .authentication { damaged = damaged ?? RepositoryError(ObjectName.key(id), in: store.address, is: error) }
      }
    }
    if let damaged { throw damaged }
    let count = keys.count == 1 ? "1 key" : "\(keys.count) keys"
    throw RepositoryError(
      .wrongPassword, "no key opens repository '\(store.address)' with this password (\(count) tried)",
      hints: ["check the password; the recovery key in the kit opens it too"])
  }

  private static func configBytes(in store: any BlobStore) async throws -> [UInt8] {
    do { return try await store.bytes(of: .config) } catch let error as StoreError where error.kind == .notFound {
      throw RepositoryError(
        .noRepository, "no repository in store '\(store.address)'",
        hints: ["is the right disk mounted there?", "'akiba init' creates a repository in an empty place"])
    }
  }
}
