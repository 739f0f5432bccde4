import Foundation
import Primitives
import Stores
import SystemPackage
import TestSupport
import Testing

import Remotes

/// Stock restic over the same server, with the same ssh.
struct SFTPStockResticTests {
  private func restic(_ repository: String, _ server: SSHServer, _ arguments: String...) throws {
    let output = try Program.run(
      "/usr/bin/env", ["restic", "-o", "sftp.command=\(server.resticCommand)", "-r", repository] + arguments,
      environment: ["RESTIC_PASSWORD": "test", "RESTIC_CACHE_DIR": server.folder + "/cache"])
    try #require(output.status == 0, "restic \(arguments): \(output.text)\(output.standardError)")
  }

  private func contents(of store: any BlobStore) async throws -> [ObjectName: [UInt8]] {
    var contents: [ObjectName: [UInt8]] = [:]
    for kind in ObjectName.Kind.allCases where kind != .lock {
      for object in try await store.names(of: kind) { contents[object.name] = try await store.bytes(of: object.name) }
    }
    return contents
  }

  @Test func `restic checks what we wrote and adds to it, and we read all of that`() async throws {
    let server = try SSHServer.shared()
    let work = try TemporaryFolder()
    var random = SeededRandom(seed: 5)
    try Data(random.bytes(3_000_000)).write(to: work.url.appending(path: "file"))
    try restic(work.path("local"), server, "init")
    try restic(work.path("local"), server, "backup", work.path("file"))
    let store = try server.store()

    try await store.createLayout()
    for (name, bytes) in try await contents(of: FolderStore(FilePath(work.path("local")))) { try await store.put(bytes, as: name) }
    try restic(store.address, server, "check", "--read-data")
    try Data(random.bytes(1_000_000)).write(to: work.url.appending(path: "file"))
    try restic(store.address, server, "backup", work.path("file"))

    let ours = try await contents(of: store)
    let theirs = try await contents(of: FolderStore(FilePath(store.place.folder)))
    #expect(ours == theirs)
    #expect(ours.keys.filter { $0.kind == .snapshot }.count == 2)
    for (name, bytes) in ours where name != .config { #expect(name.id == ContentID(hashing: bytes)) }
  }
}
