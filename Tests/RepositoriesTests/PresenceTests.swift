import Primitives
import Repositories
import ResticFormat
import Stores
import Testing

/// Whether everything a tree needs is there is found out without reading the files.
struct PresenceTests {
  @Test func `all is there, or exactly what is missing makes the difference`() async throws {
    let store = MemoryStore()
    let repository = try await newRepository(in: store)[0]
    let inner = [SampleFile("x", [1, 2], [3]), SampleFile("empty")]
    let (root, folder) = try await PackWriter.run(to: [repository], indexes: [RepositoryIndex()], limits: .small) { writer in
      let folder = try await save(inner, with: writer)
      let leaf = try await writer.save([9, 9], as: .data).id
      let root = try await writer.save(
        Tree([
          .folder("sub", subtree: folder, modified: sampleTime), .file("y", content: [leaf], size: 2, modified: sampleTime),
        ])
      ).id
      _ = try await writer.finish()
      return (root, folder)
    }
    let index = try await RepositoryIndex.load(repository)
    let reader = RepositoryReader(repository, index: index)
    let data = [[UInt8]]([[1, 2], [3], [9, 9]]).map { BlobHandle(ContentID(hashing: $0), .data) }

    #expect(try await reader.holdsAll(below: root, isStored: index.contains))
    for missing in data + [BlobHandle(root, .tree), BlobHandle(folder, .tree)] {
      #expect(try await !reader.holdsAll(below: root, isStored: { $0 != missing && index.contains($0) }), "\(missing)")
    }
  }
}
