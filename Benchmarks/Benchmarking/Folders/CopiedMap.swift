import CouchFormat
import Primitives

/// A shard map that names the copies, too.
///
/// Two states with the same databases have the same map, byte for byte. One with other databases has a new file, where CouchDB would have
/// appended to the old one.
enum CopiedMap {
  static func bytes(of map: CorpusFile, _ naming: CopyNaming) throws -> [UInt8] {
    let source = MemoryBytes(map.bytes)
    guard let header = try HeaderSearch.newest(in: source) else { throw BenchError("shard map '\(map.path)' of the corpus has no header") }
    var database = try FreshDatabase(continuing: source, header)
    let sequences = database.updateSeq + 1
    database.documents = database.documents.flatMap { document -> [FreshDocument] in
      let id = String(decoding: document.idBytes, as: UTF8.self)
      if id.hasPrefix("_design/") { return [document] }
      return naming.names(of: id).enumerated().map { copy, name in
        FreshDocument(
          idBytes: Array(name.utf8), updateSeq: document.updateSeq + copy * sequences, isDeleted: document.isDeleted, depth: document.depth,
          revisions: document.revisions, body: document.body)
      }
    }
    return try database.bytes()
  }
}
