import Stores

extension SFTPStore {
  /// The server's refusals in a store's words.
  func throwing<Value>(
    _ operation: String, _ what: some CustomStringConvertible, _ body: () async throws -> Value
  ) async throws -> Value {
    do { return try await body() } catch let failure as SFTPFailure {
      throw StoreError(StoreError.Kind(failure.status), cannot: operation, what, in: address, because: failure.reason)
    }
  }

  /// A disk that is not mounted there must not look like an empty repository.
  func expectPlace() async throws {
    guard try await !exists(place.folder) else { return }
    throw StoreError(
      .noSuchPlace, "store '\(address)' has no folder '\(place.folder)'",
      hints: ["is the right disk mounted there? otherwise correct the location's address, or create a repository there with 'akiba init'"])
  }
}

extension StoreError.Kind {
  init(_ status: SFTPStatus) {
    switch status {
    case .noSuchFile: self = .notFound
    case .permissionDenied: self = .denied
    case .alreadyExists: self = .alreadyExists
    case .readOnly: self = .readOnly
    case .noSpace, .quotaExceeded: self = .full
    default: self = .other
    }
  }
}

extension SFTPFailure {
  /// For people: the server's own words are often just 'Failure'.
  fileprivate var reason: String {
    switch status {
    case .noSuchFile: "no such file or folder"
    case .permissionDenied: "permission denied"
    case .noSpace: "no space left on its disk"
    case .readOnly: "its file system is read-only"
    case .failure where message.isEmpty || message == "Failure": "the server says no more than that it failed"
    default: SSHFailure.shown(message[...])
    }
  }
}

extension SFTPConnection {
  /// How far below what was needed the free space may be thought to lie: others' unfinished files were removed meanwhile.
  private static let slack = 16 << 20

  /// A server of version 3 tells a full or read-only disk from other failures only when asked.
  ///
  /// - Parameter byteCount: what was to be written.
  func reason(of failure: SFTPFailure, in folder: String, writing byteCount: Int) async -> SFTPFailure {
    guard failure.status == .failure, let features = try? await features(), features.tellsFileSystem,
      case .extended(let bytes)? = try? await ask(.fileSystem(folder)), let system = try? SFTPFileSystem(parsing: bytes)
    else { return failure }
    if system.isReadOnly { return SFTPFailure(.readOnly, failure.message) }
    if system.hasNoFilesLeft || system.free < byteCount + Self.slack { return SFTPFailure(.noSpace, failure.message) }
    return failure
  }
}
