import Backup
import Deployments
import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage
import TestSupport
import Testing

/// Files that nobody wrote to since the last freeze are not opened; all others are.
struct UntouchedFilesTests {
  private let data: CopiedDataFolder
  private let store = MemoryStore()

  init() throws { data = try CopiedDataFolder() }

  @Test func `what nobody wrote to is not opened`() async throws {
    let copy = try await data.newCopies(in: store)
    let first = try await data.backup(to: copy, later: 60)
    // Else the node would be taken over whole.
    try data.append(to: try #require(first.manifest.files.first { $0.path.hasSuffix(".couch") && $0.path.contains("/medic.") }))

    let second = try await data.backup(to: copy, later: 120)

    #expect(first.filesNew > 100)
    #expect(second.filesReused == first.filesNew)
    // The one that was written to; the shard map, to be frozen and to be read.
    #expect((2...4).contains(second.filesOpened), "\(second.filesOpened)")
    #expect(second.manifest.files.filter { $0.couch != nil } == first.manifest.files.filter { $0.couch != nil })
    #expect(try await RepositoryCheck(copy[0], reading: .all).run().isSound)
  }

  @Test func `what was changed within a tick of the clock before the freeze is opened`() async throws {
    let copy = try await data.newCopies(in: store)
    // However long this test waited for its turn.
    let first = try await data.backup(to: copy, later: -86_400)

    let second = try await data.backup(to: copy, later: 120)

    #expect(second.filesReused == first.filesNew)
    #expect(second.filesOpened >= first.filesNew, "\(second.filesOpened)")
  }

  @Test func `a file whose bytes changed under the same size and time of modification is opened`() async throws {
    let copy = try await data.newCopies(in: store)
    let first = try await data.backup(to: copy, later: 60)
    let name = try #require(
      first.manifest.files.first { $0.path.hasSuffix(".couch") && $0.path.contains("/medic.") && $0.size > 8192 }?.path)
    let path = data.url.path + "/" + name.split(separator: "/").dropFirst(3).joined(separator: "/")
    let modified = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
    let header = try #require(first.manifest.files.first { $0.path == name }?.couch?.headerOffset)
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.seek(toOffset: UInt64(header + 30))
    try file.write(contentsOf: [0xFF, 0xFF, 0xFF])
    try file.close()
    try FileManager.default.setAttributes([.modificationDate: try #require(modified)], ofItemAtPath: path)

    let second = try await data.backup(to: copy, later: 120)

    #expect(second.filesReused == first.filesNew - 1)
    #expect(try #require(second.manifest.files.first { $0.path == name }).size < first.manifest.files.first { $0.path == name }?.size ?? 0)
  }
}
