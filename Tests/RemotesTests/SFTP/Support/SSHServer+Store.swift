import Foundation
import Primitives
import Remotes
import Stores
import Synchronization
import TestSupport

extension SSHServer {
  private static let kept = Mutex<SSHServer?>(nil)

  /// One for all tests that do it no harm; each uses a folder of its own.
  static func shared() throws -> SSHServer {
    try kept.withLock { kept in
      if let kept { return kept }
      let server = try SSHServer()
      kept = server
      return server
    }
  }

  /// A folder that no other test uses. It is not made.
  func freshFolder() -> String { folder + "/" + UUID().uuidString }

  /// - Parameters:
  ///   - folder: as the address has it; a fresh one if left out.
  ///   - port: of a proxy in front of the server.
  ///   - options: for ssh, as `User=nobody`.
  func store(
    _ folder: String? = nil, host: String? = nil, port: UInt16? = nil, options: [String] = [], bandwidth: Bandwidth? = nil,
    timeouts: SSHCommand.Timeouts = .init()
  ) throws -> SFTPStore {
    let place = try SFTPPlace(parsing: "sftp:\(host ?? self.host):\(folder ?? freshFolder())")
    let options = (port.map { ["Port=\($0)"] } ?? []) + options
    return SFTPStore(
      place, sshArguments: ["-F", sshConfig] + options.flatMap { ["-o", $0] }, environment: ProcessInfo.processInfo.environment,
      bandwidth: bandwidth, timeouts: timeouts)
  }

  /// The ids of the ssh processes that use this server's configuration.
  var clients: [Int32] {
    let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return processes.compactMap { Int32($0) }.filter { process in
      let words = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8))?.split(separator: "\0") ?? []
      return words.first?.hasSuffix("ssh") == true && words.contains { $0 == sshConfig }
    }
  }
}

struct TestObject: Sendable {
  let name: ObjectName
  let bytes: [UInt8]

  /// - Parameter number: another object of the same size.
  init(byteCount: Int, _ number: Int = 0) {
    // Blocks that differ: a piece in the wrong place shows.
    var random = SeededRandom(seed: UInt64(byteCount + number))
    let first = random.bytes(4096)
    var block = first
    var bytes: [UInt8] = []
    while bytes.count < byteCount {
      for index in 0..<4 { block[index] = first[index] ^ UInt8(truncatingIfNeeded: bytes.count >> (8 * index)) }
      bytes += block.prefix(byteCount - bytes.count)
    }
    self.bytes = bytes
    name = .pack(ContentID(hashing: bytes))
  }
}

private struct NotYet: Error {}

/// For `eventually`.
func expectSoon(_ condition: Bool) throws { guard condition else { throw NotYet() } }

func storeError(_ body: () async throws -> Void) async throws -> StoreError? {
  do {
    try await body()
    return nil
  } catch let error as StoreError { return error }
}
