import Deployments
import Foundation
import Primitives
import SystemPackage
import TestSupport
import Testing

/// What the file system says of a data folder as a whole changes with everything that a snapshot would show.
struct DataFolderStateTests {
  private static let shard = "shards/00000000-ffffffff/medic.1600000000.couch"
  private static let index = ".shards/00000000-ffffffff/medic.1600000000_design/mrview/55f1f2fd27f9f406e919779eb96b9e29.view"
  private static let leftover = "shards/00000000-ffffffff/medic.1600000000.couch.compact.data"

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for path in ["_dbs.couch", Self.shard, Self.index, Self.leftover, ".delete/0123"] {
      try FileManager.default.createDirectory(at: url(path).deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("old".utf8).write(to: url(path))
    }
  }

  private func url(_ path: String) -> URL { folder.url.appending(path: path) }

  private func digest() async throws -> ContentID {
    try #require(try await DataFolderListing(scanning: FilePath(folder.path), withState: true).state).digest
  }

  @Test func `while nobody touches anything it stays, and is told only to who asks`() async throws {
    #expect(try await digest() == digest())
    #expect(try await DataFolderListing(scanning: FilePath(folder.path)).state == nil)
  }

  @Test(arguments: ["append", "rewrite", "touch", "mode", "new", "remove", "replace", "index", "folder", "leftover"])
  func `whoever changes something changes it`(_ change: String) async throws {
    let before = try await digest()

    switch change {
    case "append":
      let file = try FileHandle(forWritingTo: url(Self.shard))
      try file.seekToEnd()
      try file.write(contentsOf: Data("more".utf8))
      try file.close()
    case "rewrite":  // the same size, and the time of modification turned back
      var status = stat()
      #expect(stat(url(Self.shard).path, &status) == 0)
      let file = try FileHandle(forUpdating: url(Self.shard))
      try file.write(contentsOf: Data("new".utf8))
      try file.close()
      #expect(utimensat(AT_FDCWD, url(Self.shard).path, [status.st_atim, status.st_mtim], 0) == 0)
    case "touch": try FileManager.default.setAttributes([.modificationDate: Date.distantPast], ofItemAtPath: url(Self.shard).path)
    case "mode": try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: url(Self.shard).path)
    case "new": try Data().write(to: url("shards/00000000-ffffffff/other.1600000000.couch"))
    case "remove": try FileManager.default.removeItem(at: url(Self.shard))
    case "replace":
      try FileManager.default.copyItem(at: url(Self.shard), to: url("copy"))
      try FileManager.default.removeItem(at: url(Self.shard))
      try FileManager.default.moveItem(at: url("copy"), to: url(Self.shard))
    case "index": try Data("new".utf8).write(to: url(Self.index), options: [])
    case "folder": try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: url("shards").path)
    case "leftover": try FileManager.default.removeItem(at: url(Self.leftover))
    default: Issue.record("no such change")
    }

    #expect(try await digest() != before)
  }

  @Test func `what a backup never takes may change as it likes`() async throws {
    let before = try await digest()

    let file = try FileHandle(forWritingTo: url(Self.leftover))
    try file.write(contentsOf: Data("compaction goes on".utf8))
    try file.close()
    try Data("deleting".utf8).write(to: url(".delete/4567"))

    #expect(try await digest() == before)
  }

  @Test func `a folder that lies elsewhere is noticed`() async throws {
    #expect(try await DataFolderListing(scanning: FilePath(folder.path), withState: true).state?.spansDevices == false)
    let elsewhere = URL(filePath: "/dev/shm/akiba-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: elsewhere) }

    try FileManager.default.createSymbolicLink(at: url("shards/80000000-ffffffff"), withDestinationURL: elsewhere)

    #expect(try await DataFolderListing(scanning: FilePath(folder.path), withState: true).state?.spansDevices == true)
  }

  @Test func `the newest change is known`() async throws {
    let state = try #require(try await DataFolderListing(scanning: FilePath(folder.path), withState: true).state)

    #expect(abs(state.newestChange - Int(Date().timeIntervalSince1970)) < 600)
  }
}
