import Foundation
import Primitives
import Remotes
import Stores
import TestSupport
import Testing

/// How fast packs go, beside stock restic on the same server; run with `AKIBA_MEASURE=1 swift test -c release --filter S3Speed`.
struct S3SpeedTests {
  private static let packs = 8
  private static let packSize = 16 << 20

  @Test(.enabled(if: ProcessInfo.processInfo.environment["AKIBA_MEASURE"] != nil), arguments: S3Server.allCases)
  func `packs up and down`(_ server: S3Server) async throws {
    let store = try server.store()
    let folder = try TemporaryFolder()
    _ = try Program.run("/bin/sh", ["-c", "head -c \(Self.packs * Self.packSize) /dev/urandom > '\(folder.path("random"))'"])
    let random = [UInt8](try Data(contentsOf: folder.url.appending(path: "random")))
    let packs = stride(from: 0, to: random.count, by: Self.packSize).map { Array(random[$0..<$0 + Self.packSize]) }

    let up = try await time { try await store.put(packs[$0], as: pack(packs[$0])) }
    let down = try await time { _ = try await store.bytes(of: pack(packs[$0])) }
    let theirs = try S3ResticTests.StockRepository(server.store(), server)
    try theirs.run("init", "--repository-version", "2")
    let backup = try ContinuousClock().measure { try theirs.run("backup", "random", in: folder.path) }
    let restore = try ContinuousClock().measure { try theirs.run("restore", "latest", "--target", folder.path("restored")) }

    let megabytes = Double(random.count) / 1e6
    print(
      "\(server): MB/s up \(Int(megabytes / up)) and down \(Int(megabytes / down)); restic up \(Int(megabytes / (backup / .seconds(1))))"
        + " and down \(Int(megabytes / (restore / .seconds(1))))")
  }

  /// Four at once, as backups do it.
  ///
  /// - Returns: seconds.
  private func time(_ body: @escaping @Sendable (Int) async throws -> Void) async throws -> Double {
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<Self.packs {
        if index >= 4 { try await group.next() }
        group.addTask { try await body(index) }
      }
      try await group.waitForAll()
    }
    return (ContinuousClock.now - start) / .seconds(1)
  }
}
