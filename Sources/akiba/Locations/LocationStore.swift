import Files
import Remotes
import Stores
import Synchronization
import SystemPackage

extension Configuration.Location {
  /// Where its objects lie. Nothing is connected yet.
  ///
  /// - Parameter note: told when the place does not answer and is tried again.
  func store(note: @escaping @Sendable (String) -> Void) throws -> any BlobStore {
    try store(with: { try LocationAccess(files: $0) }, note: note)
  }

  /// - Parameter access: what a remote place is reached with.
  func store(
    with access: (Configuration.Remote) throws -> LocationAccess, note: @escaping @Sendable (String) -> Void
  ) throws -> any BlobStore {
    switch place {
    case .folder(let folder): return FolderStore(folder)
    case .remote(let remote):
      let notes = RetryNotes(name: name, note: note)
      var patience = Patience()
      if let seconds = self.patience { patience.total = .seconds(seconds) }
      return RetryingStore(try store(remote, access(remote)), patience: patience, onRetry: { notes.say($0, $1) })
    }
  }

  private func store(_ remote: Configuration.Remote, _ access: LocationAccess) throws -> any BlobStore {
    let bandwidth = bandwidth.map { Bandwidth(bytesPerSecond: $0) }
    let connection = HTTPClient.Options(caFile: access.authority, bandwidth: bandwidth)
    switch remote.kind {
    case .sftp:
      return SFTPStore(
        try SFTPPlace(parsing: remote.address), sshArguments: access.sshArguments, environment: Environment.variables, bandwidth: bandwidth)
    case .s3:
      return S3Store(
        try S3Place(remote.address, region: remote.region, addressing: remote.addressing), credentials: access.keys, connection: connection,
        now: { Environment.now.seconds })
    case .rest: return try RESTStore(remote.address, credentials: access.login, options: connection)
    }
  }
}

/// Says that a place does not answer, once for the many calls that wait for it.
private final class RetryNotes: Sendable {
  private static let interval = Duration.seconds(5)

  private let name: String
  private let note: @Sendable (String) -> Void
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  init(name: String, note: @escaping @Sendable (String) -> Void) {
    self.name = name
    self.note = note
  }

  func say(_ error: StoreError, _ pause: Duration) {
    let now = ContinuousClock.now
    let isDue = last.withLock { last in
      guard last.map({ now - $0 >= Self.interval }) ?? true else { return false }
      last = now
      return true
    }
    if isDue { note("location '\(name)' does not answer, trying again in \(Wording.duration(pause)): \(error.summary)") }
  }
}
