import CouchFormat
import Primitives

/// Reading CouchDB's files, from memory.
struct CouchParts {
  private struct Subject {
    let path: String
    let source: MemoryBytes
    let header: FoundHeader
  }

  private let shards: [Subject]
  private let indexes: [Subject]

  init(_ files: [CorpusFile]) throws {
    let subjects = try files.compactMap { file -> Subject? in
      let source = MemoryBytes(file.bytes)
      return try HeaderSearch.newest(in: source).map { Subject(path: file.path, source: source, header: $0) }
    }
    shards = subjects.filter { ShardPath($0.path) != nil }
    indexes = subjects.filter { $0.header.view != nil }
  }

  var measurements: [Measurement] {
    [
      Measurement(name: "proof of shards", unit: .bytes) { try prove(shards) },
      Measurement(name: "proof of view indexes", unit: .bytes) { try prove(indexes) },
      Measurement(name: "newest header of a file", unit: .operations("files")) {
        try Speed.perSecond(shards.count) { for shard in shards { _ = try HeaderSearch.newest(in: shard.source) } }
      },
      Measurement(name: "chunks of document bodies, decoded", unit: .operations("chunks")) { try decodeChunks() },
    ]
  }

  private func prove(_ subjects: [Subject]) throws -> Double {
    try Speed.perSecond(subjects.reduce(0) { $0 + $1.source.byteCount }) {
      for subject in subjects {
        let proof =
          subject.header.view == nil
          ? try DatabaseProof.run(subject.source, subject.header, range: ShardPath(subject.path)?.range)
          : try ViewProof.run(subject.source, subject.header, signature: nil)
        guard proof.isClean else { throw BenchError("file '\(subject.path)' of the corpus does not prove clean") }
      }
    }
  }

  private func decodeChunks() throws -> Double {
    var bodies: [(chunks: Chunks, pointers: [Int])] = []
    for shard in shards {
      let file = try DatabaseFile(shard.source, shard.header)
      let chunks = Chunks(shard.source)
      var pointers: [Int] = []
      try file.forEachDocument(chunks) { document in
        if let stored = document.tree.winner?.stored { pointers.append(stored.pointer) }
        return true
      }
      bodies.append((chunks, pointers))
    }
    return try Speed.perSecond(bodies.reduce(0) { $0 + $1.pointers.count }) {
      for (chunks, pointers) in bodies { for pointer in pointers { _ = try Summary(try chunks.chunk(at: pointer)).body } }
    }
  }
}
