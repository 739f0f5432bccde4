package import Primitives

/// What a server has to answer about one database, worked out from its shard files: counts, all leaf revisions, some documents whole, its views.
package struct ServedDatabase: Sendable {
  package struct Document: Sendable {
    package let id: String
    package let rev: String
    /// Byte for byte what `GET /db/id?rev=…&revs=true` answers, but for the newline.
    package let json: [UInt8]
    package let attachments: [Attachment]
  }

  package struct Attachment: Sendable {
    package let name: String
    /// Of the bytes as a GET gives them.
    package let length: Int
    package let sha256: ContentID
  }

  package struct View: Sendable {
    /// Without `_design/`.
    package let design: String
    package let name: String
    /// Rows in the files; `nil` if some shard's index is missing or behind: then the server makes it, and its count is its own.
    package let rows: Int?
  }

  package let name: String
  package let isPartitioned: Bool
  package private(set) var docCount = 0
  package private(set) var deletedCount = 0
  package private(set) var leaves = LeafDigest()
  package private(set) var documents: [Document] = []
  package private(set) var views: [View] = []

  /// Design documents that CouchDB writes by itself when it starts, in another version anew.
  private static let ownDocuments = ["_users": "_design/_auth", "_replicator": "_design/_replicator"]

  /// Whether a server may have written this document by itself: nothing is said of it.
  package static func isServersOwn(_ id: String, in database: String) -> Bool { ownDocuments[database] == id }

  /// Whether the server's counts can be compared: not where it writes documents by itself.
  package var hasExactCounts: Bool { Self.ownDocuments[name] == nil }

  /// - Parameters:
  ///   - shards: all of the database, each range once.
  ///   - sample: how many documents are kept whole, and as many with attachments.
  ///   - seed: chooses which.
  package init(_ name: String, isPartitioned: Bool, _ shards: [AnswerShard], sample: Int, seed: ContentID) throws {
    self.name = name
    self.isPartitioned = isPartitioned
    var sampler = Sampler(size: sample, seed: seed)
    var designs: [DesignDocument] = []
    for shard in shards {
      docCount += shard.file.header.docCount
      deletedCount += shard.file.header.deletedCount
      let chunks = shard.file.chunks()
      try shard.file.forEachDocument(chunks) { document in
        try read(document, of: shard, chunks, &sampler, &designs)
        return true
      }
    }
    documents = try sampler.documents()
    views = designs.flatMap { Self.views(of: $0, shards) }
  }

  private mutating func read(
    _ document: FullDocument, of shard: AnswerShard, _ chunks: Chunks, _ sampler: inout Sampler, _ designs: inout [DesignDocument]
  ) throws {
    guard !Self.isServersOwn(document.id, in: name) else { return }
    let tree = document.tree
    leaves.add(id: document.idBytes, revisions: tree.leaves.map(tree.rev), isDeleted: document.isDeleted)
    guard !document.isDeleted, let stored = tree.winner?.stored else { return }
    try sampler.offer(document, stored, shard.file, chunks)
    guard document.idBytes.starts(with: "_design/".utf8) else { return }
    let body = try Summary(try chunks.chunk(at: stored.pointer)).body
    if let design = try? DesignDocument(id: document.id, body: body), design.language != "query" { designs.append(design) }
  }

  private static func views(of design: DesignDocument, _ shards: [AnswerShard]) -> [View] {
    design.views.sorted { $0.key < $1.key }.map { name, number in
      let counts = shards.compactMap { shard -> Int? in
        guard let header = shard.indexes[design.signature]?.header ?? shard.indexes[design.oldSignature]?.header,
          header.updateSeq == shard.file.header.updateSeq, header.views.indices.contains(number)
        else { return nil }
        return header.views[number].rows
      }
      return View(
        design: String(design.id.dropFirst("_design/".count)), name: name,
        rows: counts.count == shards.count ? counts.reduce(0, +) : nil)
    }
  }
}

/// Keeps the documents whose ids hash lowest: the same ones for the same seed, evenly spread.
private struct Sampler {
  private struct Kept {
    let rank: ContentID
    let id: String
    let file: DatabaseFile
    let hasAttachments: Bool
  }

  private let size: Int
  private let seed: ContentID
  private var plain: [Kept] = []
  private var attached: [Kept] = []

  init(size: Int, seed: ContentID) {
    self.size = size
    self.seed = seed
  }

  mutating func offer(_ document: FullDocument, _ stored: RevisionTree.Stored, _ file: DatabaseFile, _ chunks: Chunks) throws {
    let rank = ContentID(hashing: seed.bytes + Array(document.idBytes))
    // Reading the body tells whether there are attachments: only of those that could stay.
    guard Self.hasRoom(for: rank, in: plain, size) || Self.hasRoom(for: rank, in: attached, size) else { return }
    let summary = try Summary(try chunks.chunk(at: stored.pointer))
    let kept = Kept(rank: rank, id: document.id, file: file, hasAttachments: !summary.attachments.isEmpty)
    if kept.hasAttachments { Self.add(kept, to: &attached, size) } else { Self.add(kept, to: &plain, size) }
  }

  private static func hasRoom(for rank: ContentID, in list: [Kept], _ size: Int) -> Bool {
    list.count < size || list.last.map { rank < $0.rank } ?? false
  }

  private static func add(_ kept: Kept, to list: inout [Kept], _ size: Int) {
    guard hasRoom(for: kept.rank, in: list, size) else { return }
    list.insert(kept, at: list.firstIndex { kept.rank < $0.rank } ?? list.count)
    if list.count > size { list.removeLast() }
  }

  func documents() throws -> [ServedDatabase.Document] { try (plain + attached).compactMap(Self.document) }

  private static func document(_ kept: Kept) throws -> ServedDatabase.Document? {
    let chunks = kept.file.chunks()
    guard let document = try kept.file.document(kept.id, chunks), let winner = document.tree.winner, let stored = winner.stored else {
      return nil
    }
    let summary = try Summary(try chunks.chunk(at: stored.pointer))
    var writer = JSONWriter(.couch)
    try DocumentJSON.write(document, winner, summary, revisions: true, to: &writer)
    let attachments = try summary.attachments.map { attachment in
      var hash = RunningSHA256()
      try AttachmentReader.visitDecoded(attachment, chunks) { hash.update($0) }
      return ServedDatabase.Attachment(name: attachment.name, length: hash.byteCount, sha256: hash.digest)
    }
    return ServedDatabase.Document(id: kept.id, rev: document.tree.rev(winner), json: writer.output, attachments: attachments)
  }
}
