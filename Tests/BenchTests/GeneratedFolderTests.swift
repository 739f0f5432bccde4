import Benchmarking
import Foundation
import SystemPackage
import TestSupport
import Testing

struct GeneratedFolderTests {
  fileprivate static let size = 15_000_000

  @Test(arguments: [Shape.many, .large])
  func `a day appends in place and touches nothing else`(_ shape: Shape) throws {
    let made = try Made(shape)
    try made.advance(to: .loaded)
    let before = try made.files()

    let changes = try made.advance(to: .appended)

    let after = try made.files()
    #expect(changes.grown > 0 && changes.bytesAppended > 0 && changes.created + changes.replaced + changes.removed == 0)
    #expect(changes.untouched + changes.grown == before.count)
    var grown = 0
    for (path, old) in before {
      let new = try #require(after[path])
      #expect(new.inode == old.inode, "\(path)")
      #expect(new.bytes.starts(with: old.bytes), "\(path)")
      if new.bytes.count == old.bytes.count { #expect(new.modified == old.modified, "\(path)") } else { grown += 1 }
    }
    #expect(grown == changes.grown)
  }

  @Test(arguments: Shape.allCases)
  func `a folder taken from state to state is the same as one made at once`(_ shape: Shape) throws {
    let made = try Made(shape)
    for state in [SeriesState.loaded, .appended, .compacted] {
      try made.advance(to: state)
      let atOnce = try Made(shape)
      try atOnce.advance(to: state)
      #expect(try FolderComparison.difference(between: atOnce.path, and: made.path) == nil, "\(state)")
    }
  }

  @Test func `a compaction puts another file in the old one's place`() throws {
    let made = try Made(.many)
    try made.advance(to: .appended)
    let before = try made.files()

    let changes = try made.advance(to: .compacted)

    let after = try made.files()
    #expect(changes.replaced > 0)
    #expect(before.count { after[$0.key].map(\.inode) != $0.value.inode } == changes.replaced + changes.removed)
  }

  @Test(arguments: [Shape.many, .users])
  func `no two copies of a file are alike, and of a size they are`(_ shape: Shape) throws {
    let made = try Made(shape)
    try made.advance(to: .loaded)

    // A shard of 4096 bytes or less has no header yet, and no padding.
    let shards = try made.files().filter { $0.key.hasSuffix(".couch") && $0.value.bytes.count > 4096 }
    #expect(shards.count > 100)
    #expect(Set(shards.values.map(\.bytes)).count == shards.count)
  }

  @Test func `a folder of somebody else's is refused, and so is one left half written`() throws {
    let made = try Made(.many)
    try made.advance(to: .loaded)
    let state = made.path.string + ".state"

    let text = try String(contentsOfFile: state, encoding: .utf8)
    try text.replacing("\"isWhole\":true", with: "\"isWhole\":false").write(toFile: state, atomically: true, encoding: .utf8)
    #expect(throws: BenchError.self) { try made.advance(to: .appended) }
    try FileManager.default.removeItem(atPath: state)
    let error = #expect(throws: BenchError.self) { try made.advance(to: .appended) }
    #expect(error?.summary.contains("was not made by the benchmark") == true)
  }

  @Test func `a difference between folders is found and named`() throws {
    let made = try Made(.large)
    try made.advance(to: .loaded)
    let copy = try TemporaryFolder()
    try Program.run("/bin/cp", ["-a", made.path.string + "/.", copy.path])
    #expect(try FolderComparison.difference(between: made.path, and: FilePath(copy.path)) == nil)

    let file = URL(filePath: copy.path("_dbs.couch"))
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: file)

    #expect(try FolderComparison.difference(between: made.path, and: FilePath(copy.path)) == "'_dbs.couch' has other bytes")
    try FileManager.default.removeItem(at: file)
    #expect(try FolderComparison.difference(between: made.path, and: FilePath(copy.path)) == "'_dbs.couch' is missing")
  }

  /// A generated folder of the corpus that the project carries.
  private final class Made {
    struct File {
      let inode: UInt64
      let modified: Date
      let bytes: [UInt8]
    }

    private let folder: TemporaryFolder
    private let shape: Shape
    private var series: Series

    init(_ shape: Shape) throws {
      folder = try TemporaryFolder()
      self.shape = shape
      let archive = Corpora.packageRoot.appending(path: "Tests/Corpora/growth-3.5.tar.zst")
      series = try Series(unpacking: FilePath(archive.path), into: FilePath(folder.path("corpus")))
    }

    var path: FilePath { FilePath(folder.path("data")) }

    @discardableResult
    func advance(to state: SeriesState) throws -> FolderChanges {
      try GeneratedFolder(path).advance(to: state, shape, of: &series, size: GeneratedFolderTests.size, fileCount: 200)
    }

    func files() throws -> [String: File] {
      var files: [String: File] = [:]
      for path in try FileTree.files(below: path).keys {
        let url = URL(filePath: folder.path("data")).appending(path: path)
        let attributes = try FileManager.default.attributesOfItem(atPath: url.path)
        files[path] = File(
          inode: (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0,
          modified: attributes[.modificationDate] as? Date ?? .distantPast, bytes: [UInt8](try Data(contentsOf: url)))
      }
      return files
    }
  }
}
