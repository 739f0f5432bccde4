import Files
import Primitives
package import Stores

/// A repository on an SFTP server, through the user's own ssh.
///
/// Objects are written beside their place under a temporary name, synced where the server can, renamed, and the folder synced. Folders are
/// 0700 and files 0600. One connection serves all tasks; it is made at the first call, and anew after it broke. Letting go of the store ends
/// it.
package struct SFTPStore: BlobStore {
  package let place: SFTPPlace
  let connector: SFTPConnector
  let bandwidth: Bandwidth?

  /// - Parameters:
  ///   - sshArguments: for ssh, before all others: `["-F", FILE]`.
  ///   - environment: where ssh is looked for, and what it gets: its agent's socket, the home folder.
  package init(
    _ place: SFTPPlace, sshArguments: [String] = [], environment: [String: String], bandwidth: Bandwidth? = nil,
    timeouts: SSHCommand.Timeouts = .init()
  ) {
    self.place = place
    self.bandwidth = bandwidth
    connector = SFTPConnector(SSHCommand(place, arguments: sshArguments, environment: environment, timeouts: timeouts))
  }

  package var address: String { place.address }

  package func put(_ bytes: [UInt8], as name: ObjectName) async throws {
    if let present = try await presentSize(of: name) {
      guard name != .config else {
        throw StoreError(.alreadyExists, cannot: "store", name, in: address, because: "it is already there")
      }
      if present == bytes.count { return }
    }
    try await throwing("store", name) {
      do {
        try await write(bytes, as: name)
      } catch let failure as SFTPFailure where failure.status == .noSuchFile {
        // Some tools create the 256 folders of data/ only when needed. The repository's own folder is never made up here:
        // a disk that is not mounted must not fill the one below it.
        try await expectPlace()
        guard name.kind == .pack, try await exists(path(ObjectName.Kind.pack.folder)) else { throw failure }
        try await makeFolder(path(name.folder))
        try await write(bytes, as: name)
      }
    }
  }

  package func bytes(of name: ObjectName, in range: Range<Int>?) async throws -> [UInt8] {
    try await throwing("read", name) {
      let connection = try connector.connection()
      return try await connection.withFile(path(name.path)) { file in
        var end: Int?
        if range == nil { end = try await connection.size(of: file) }
        let range = range ?? 0..<(end ?? 0)
        let bytes = try await connection.download(range, of: file, bandwidth)
        guard bytes.count == range.count else {
          let size = try await connection.size(of: file)
          let reason = end == nil ? "it ends at byte \(size), not \(range.upperBound)" : "it shrank while being read"
          throw StoreError(.damaged, cannot: "read", name, in: address, because: reason)
        }
        return bytes
      }
    }
  }

  package func size(of name: ObjectName) async throws -> Int {
    try await throwing("measure", name) { try await connector.connection().size(of: path(name.path)) }
  }

  package func remove(_ name: ObjectName) async throws {
    try await throwing("remove", name) { try await connector.connection().done(.remove(path(name.path))) }
  }

  func path(_ relative: String) -> String {
    relative.isEmpty ? place.folder : place.folder.hasSuffix("/") ? place.folder + relative : "\(place.folder)/\(relative)"
  }

  func exists(_ path: String) async throws -> Bool { try await connector.connection().attributesIfPresent(path) != nil }

  private func presentSize(of name: ObjectName) async throws -> Int? {
    do { return try await size(of: name) } catch let error as StoreError where error.kind == .notFound { return nil }
  }
}
