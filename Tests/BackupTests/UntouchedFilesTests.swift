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
  private let folder: TemporaryFolder
  private let data: URL
  private let store = MemoryStore()

  init() throws {
    folder = try TemporaryFolder()
    data = folder.url.appending(path: "data")
    try FileManager.default.copyItem(at: Corpora.folder(Corpora.growth).appending(path: "day2"), to: data)
  }

  private func surroundings(later seconds: Int) -> Surroundings {
    Surroundings(
      hostname: "here", username: "tester", processID: Int(getpid()), random: .system,
      now: { Timestamp(seconds: Int(Date().timeIntervalSince1970) + seconds) },
      sleep: { if $0 > .seconds(1) { try await Task.sleep(for: $0) } }, isRunning: { _ in true })
  }

  private func newCopy() async throws -> Repository {
    try await Repository.create(
      in: [store], password: "secret", surroundings: surroundings(later: 0), parameters: ScryptParameters(n: 16, r: 1, p: 1))[0]
  }

  /// - Parameter seconds: how far the clock of the run is ahead of the file system's.
  private func backup(to copy: Repository, later seconds: Int) async throws -> BackupReport {
    let deployment = Deployment(name: "cht", nodes: [CouchNodeSource(dataFolder: FilePath(data.path))])
    return try await BackupRun(
      of: deployment, to: [copy],
      surroundings: surroundings(later: seconds), options: .init(descriptorLimit: 4096, programVersion: "test"), progress: BackupProgress()
    ).run { [now = surroundings(later: seconds).now] in try FoundNodes(in: deployment, now: now) }
  }

  @Test func `what nobody wrote to is not opened`() async throws {
    let copy = try await newCopy()
    let first = try await backup(to: copy, later: 60)

    let second = try await backup(to: copy, later: 120)

    #expect(first.filesNew > 100)
    #expect(second.filesReused == first.filesNew)
    // The shard map, to name the node, to be frozen and to be read; and the list of members.
    #expect(second.filesOpened <= 4, "\(second.filesOpened)")
    #expect(second.manifest.files.filter { $0.couch != nil } == first.manifest.files.filter { $0.couch != nil })
    #expect(try await RepositoryCheck(copy, reading: .all).run().isSound)
  }

  @Test func `what was changed within a tick of the clock before the freeze is opened`() async throws {
    let copy = try await newCopy()
    // However long this test waited for its turn.
    let first = try await backup(to: copy, later: -86_400)

    let second = try await backup(to: copy, later: 120)

    #expect(second.filesReused == first.filesNew)
    #expect(second.filesOpened >= first.filesNew, "\(second.filesOpened)")
  }

  @Test func `a file whose bytes changed under the same size and time of modification is opened`() async throws {
    let copy = try await newCopy()
    let first = try await backup(to: copy, later: 60)
    let name = try #require(
      first.manifest.files.first { $0.path.hasSuffix(".couch") && $0.path.contains("/medic.") && $0.size > 8192 }?.path)
    let path = data.path + "/" + name.split(separator: "/").dropFirst(3).joined(separator: "/")
    let modified = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate]
    let header = try #require(first.manifest.files.first { $0.path == name }?.couch?.headerOffset)
    let file = try FileHandle(forUpdating: URL(filePath: path))
    try file.seek(toOffset: UInt64(header + 30))
    try file.write(contentsOf: [0xFF, 0xFF, 0xFF])
    try file.close()
    try FileManager.default.setAttributes([.modificationDate: try #require(modified)], ofItemAtPath: path)

    let second = try await backup(to: copy, later: 120)

    #expect(second.filesReused == first.filesNew - 1)
    #expect(try #require(second.manifest.files.first { $0.path == name }).size < first.manifest.files.first { $0.path == name }?.size ?? 0)
  }
}
