package import Primitives
package import ResticFormat
package import Stores

/// One opened copy of a repository: its store, and the keys to it.
package struct Repository: Sendable {
  package let store: any BlobStore
  package let config: ConfigFile
  /// The key file that opened it.
  package let keyID: ContentID
  package let surroundings: Surroundings
  let masterKey: SealingKey
  let compression: Compression

  init(
    store: any BlobStore, config: ConfigFile, keyID: ContentID, masterKey: SealingKey, surroundings: Surroundings,
    compression: Compression
  ) {
    self.store = store
    self.config = config
    self.keyID = keyID
    self.masterKey = masterKey
    self.surroundings = surroundings
    self.compression = compression
  }

  package var address: String { store.address }

  /// Whether both are copies of one repository, opened with the same master key.
  package func isCopy(of other: Repository) -> Bool { config.id == other.config.id && masterKey == other.masterKey }

  /// The same repository in another store: with a wrapped store, or a copy already known to be one.
  package func with(store: any BlobStore) -> Repository {
    Repository(
      store: store, config: config, keyID: keyID, masterKey: masterKey, surroundings: surroundings, compression: compression)
  }

  /// The config as it lies there now.
  func storedConfig() async throws -> ConfigFile {
    let bytes = try await store.bytes(of: .config)
    return try damaged(ObjectName.config) { () throws(FormatError) in try ConfigFile.decode(masterKey.unseal(bytes)) }
  }

  var sealing: BlobSealing { BlobSealing(key: masterKey, compression: compression) }

  // MARK: Sealed JSON objects

  /// Seals JSON into an object: index, snapshot or lock.
  package func seal(_ json: [UInt8], as kind: ObjectName.Kind) -> SealedObject {
    let bytes = UnpackedFile.seal(json, with: masterKey, compression: compression, random: surroundings.random)
    return SealedObject(name: ObjectName(kind, ContentID(hashing: bytes)), bytes: bytes)
  }

  /// An index that is the same object in every copy that writes it.
  func sealRepeatably(index json: [UInt8]) -> SealedObject {
    let bytes = UnpackedFile.sealRepeatably(json, with: masterKey, compression: compression)
    return SealedObject(name: .index(ContentID(hashing: bytes)), bytes: bytes)
  }

  /// The JSON inside an object, its bytes compared with its name.
  func json(of name: ObjectName) async throws -> [UInt8] {
    let bytes = try await store.bytes(of: name)
    return try damaged(name) { () throws(FormatError) in
      if let id = name.id, ContentID(hashing: bytes) != id {
        throw FormatError(.malformed, "has another SHA-256 than its name")
      }
      return try UnpackedFile.unseal(bytes, with: masterKey, compression: compression)
    }
  }

  /// Adds the object and the store to what a decoder says.
  func damaged<Value>(_ object: some CustomStringConvertible, _ body: () throws(FormatError) -> Value) throws -> Value {
    do { return try body() } catch { throw RepositoryError(object, in: address, is: error) }
  }
}

/// An object ready to be put into any number of stores.
package struct SealedObject: Sendable {
  package let name: ObjectName
  package let bytes: [UInt8]
}
