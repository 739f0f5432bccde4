package import Primitives
package import ResticFormat
import Stores

/// The keys of a repository, the same in all its copies. Each is a password that opens the one master key.
package struct KeyRing: Sendable {
  /// One key, as `list` shows it.
  package struct Entry: Sendable, Equatable {
    package let id: ContentID
    package let username: String
    package let hostname: String
    package let created: Timestamp
    /// Whether this key opened the repository.
    package let isInUse: Bool
  }

  /// Copies of one repository; all keys are in each.
  private let copies: [Repository]

  /// - Parameter copies: at least one; all of one repository.
  package init(of copies: [Repository]) {
    precondition(!copies.isEmpty, "a key ring needs a repository")
    precondition(copies.allSatisfy { $0.isCopy(of: copies[0]) }, "a key ring is of one repository")
    self.copies = copies
  }

  /// All keys of the first copy, oldest first.
  package func list() async throws -> [Entry] {
    let repository = copies[0]
    var entries: [Entry] = []
    for object in try await repository.store.names(of: .key) {
      guard let id = object.name.id else { continue }
      let bytes = try await repository.store.bytes(of: object.name)
      let key = try repository.damaged(object.name) { () throws(FormatError) in try KeyFile.decode(bytes) }
      entries.append(
        Entry(id: id, username: key.username, hostname: key.hostname, created: key.created, isInUse: id == repository.keyID))
    }
    return entries.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
  }

  /// Makes a key for `password` once and puts the same bytes into every copy.
  package func add(password: String, parameters: ScryptParameters = .standard) async throws -> ContentID {
    let bytes = try keyBytes(password: password, parameters: parameters)
    let id = ContentID(hashing: bytes)
    for copy in copies { try await copy.store.put(bytes, as: .key(id)) }
    return id
  }

  /// A key file for `password`, not put anywhere: for copies that are away now, or for a recovery kit.
  package func keyBytes(password: String, parameters: ScryptParameters = .standard) throws -> [UInt8] {
    let surroundings = copies[0].surroundings
    return try KeyFile(
      sealing: copies[0].masterKey, password: password, created: surroundings.now(), username: surroundings.username,
      hostname: surroundings.hostname, parameters: parameters, random: surroundings.random
    ).encode()
  }

  /// Removes a key from every copy that has it.
  ///
  /// - Throws: `keyInUse` for the key that opened the repository, `lastKey`, `notFound` if no copy has it.
  package func remove(_ id: ContentID) async throws {
    guard copies.allSatisfy({ $0.keyID != id }) else {
      throw RepositoryError(
        .keyInUse, "key '\(id.short)' is the one in use", hints: ["open the repository with another password to remove this key"])
    }
    var holders: [Repository] = []
    for copy in copies {
      let keys = try await copy.store.names(of: .key).map(\.name)
      guard keys.contains(.key(id)) else { continue }
      guard keys.count > 1 else {
        throw RepositoryError(.lastKey, "key '\(id.short)' is the last one of repository '\(copy.address)'")
      }
      holders.append(copy)
    }
    guard !holders.isEmpty else { throw RepositoryError(.notFound, "no key '\(id.short)' in repository '\(copies[0].address)'") }
    for copy in holders { try await copy.store.remove(.key(id)) }
  }

  /// Whether `password` opens every copy.
  package func test(password: String) async throws -> Bool {
    for copy in copies {
      do {
        guard try await Repository.masterKey(in: copy.store, password: password).1 == copy.masterKey else { return false }
      } catch let error as RepositoryError where error.kind == .wrongPassword {
        return false
      }
    }
    return true
  }
}
