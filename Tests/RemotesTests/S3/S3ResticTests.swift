import Foundation
import Primitives
import Remotes
import Repositories
import ResticFormat
import Stores
import TestSupport
import Testing

/// The same repository with stock restic.
struct S3ResticTests {
  private static let password = "correct horse"

  private func surroundings() -> Surroundings {
    Surroundings(
      hostname: "host", username: "tester", processID: 1, random: .system,
      now: { Timestamp(seconds: S3Server.now(), nanoseconds: 0) }, sleep: { try await Task.sleep(for: $0) }, isRunning: { _ in true })
  }

  /// A repository as stock restic sees it.
  struct StockRepository {
    let address: String
    let credentials: S3Credentials

    init(_ store: S3Store, _ server: S3Server) throws {
      address = store.address
      credentials = try server.credentials()
    }

    @discardableResult
    func run(_ arguments: String..., in folder: String? = nil) throws -> String {
      let output = try Program.run(
        "/usr/bin/restic", ["--no-cache", "--repo", address] + arguments,
        environment: [
          "RESTIC_PASSWORD": S3ResticTests.password, "HOME": "/nonexistent", "GOMAXPROCS": "2",
          "AWS_ACCESS_KEY_ID": credentials.accessKey, "AWS_SECRET_ACCESS_KEY": credentials.secretKey,
        ], in: folder)
      #expect(output.status == 0, "restic \(arguments.joined(separator: " ")): \(output.text)\(output.standardError)")
      return output.text
    }
  }

  @Test(arguments: S3Server.allCases)
  func `stock restic checks and adds to what we wrote, and we read what it wrote`(_ server: S3Server) async throws {
    // A prefix that has to be encoded.
    let store = try server.store(prefix: "clinic%20a/\(UUID().uuidString)", sizes: .init(largestWhole: 4 << 20, part: 5 << 20))
    let restic = try StockRepository(store, server)
    let copies = try await Repository.create(
      in: [store], password: Self.password, surroundings: surroundings(), parameters: ScryptParameters(n: 1024, r: 8, p: 1))
    var random = SeededRandom(seed: 11)
    let bytes = random.bytes(6 << 20)
    try await write(bytes, to: copies)

    try restic.run("check", "--read-data")
    #expect(try restic.run("ls", "latest").contains("/file"))
    let folder = try TemporaryFolder()
    try Data("theirs".utf8).write(to: folder.url.appending(path: "note"))
    try restic.run("backup", "note", in: folder.path)

    let repository = try await Repository.open(store, password: Self.password, surroundings: surroundings())
    let reader = RepositoryReader(repository, index: try await RepositoryIndex.load(repository))
    let snapshots = try await repository.snapshots().snapshots
    #expect(snapshots.count == 2)
    let latest = try #require(snapshots.last)
    let theirs = try #require(try await reader.node(at: "note", in: latest.snapshot.tree))
    try await reader.read(theirs.content) { _, bytes in #expect(bytes == Array("theirs".utf8)) }
    let report = try await RepositoryCheck(repository, reading: .all).run()
    #expect(report.findings.isEmpty, "\(report.findings)")
    #expect(report.packsRead >= 4)
    try restic.run("forget", "--keep-last", "1", "--group-by", "", "--prune")
    #expect(try await repository.snapshots().snapshots.map(\.id) == [latest.id])
  }

  @Test func `we open what stock restic created`() async throws {
    let store = try S3Server.seaweed.store()
    let restic = try StockRepository(store, .seaweed)
    try restic.run("init", "--repository-version", "2")

    let repository = try await Repository.open(store, password: Self.password, surroundings: surroundings())
    try await write([1, 2, 3], to: [repository])

    try restic.run("check", "--read-data")
  }

  private func write(_ bytes: [UInt8], to copies: [Repository]) async throws {
    let time = Timestamp(seconds: 1_772_000_000, nanoseconds: 0)
    try await PackWriter.run(to: copies, indexes: try await RepositoryIndex.load(copies)) { writer in
      var node = TreeNode(name: Array("file".utf8), kind: .file, mode: FileMode(unix: 0o640), modified: time)
      for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
        node.content.append(try await writer.save(Array(bytes[start..<min(bytes.count, start + 1 << 20)]), as: .data).id)
      }
      node.size = UInt64(bytes.count)
      let tree = try await writer.save(Tree([node]))
      _ = try await writer.finish()
      _ = try await writer.save(
        Snapshot(
          time: time, tree: tree.id, paths: ["/file"], hostname: "host", username: "tester", tags: [], programVersion: "akiba test"))
    }
  }
}
