package import Primitives

/// Proves one view index file as of one header: its trees, its counts, and that rows and the id tree say the same.
///
/// No chunk of a view file carries a checksum but its header. The order of keys is ICU's and is not checked, unless
/// the design document asks for raw collation.
package struct ViewProof {
  private let header: ViewHeader
  private let found: FoundHeader
  private let source: any RandomAccess
  private let chunks: Chunks
  private let log: FindingLog
  private let isCancelled: @Sendable () -> Bool
  private var counts = FileProof.Counts()

  /// - Parameters:
  ///   - signature: The file's name without `.view`; `nil` to leave it unchecked.
  ///   - rawViews: The numbers of views with raw collation, as `ViewSignature` gives them.
  package static func run(
    _ source: any RandomAccess, _ header: FoundHeader, signature: String?, rawViews: Set<Int> = [], limit: Int = 100,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> FileProof {
    guard let view = header.view else {
      throw CouchFormatError(.headerUnexpected, at: header.offset, "the newest header is not a view's")
    }
    var proof = ViewProof(view, header, source, limit, isCancelled)
    return try proof.run(signature, rawViews)
  }

  private init(
    _ header: ViewHeader, _ found: FoundHeader, _ source: any RandomAccess, _ limit: Int, _ isCancelled: @escaping @Sendable () -> Bool
  ) {
    self.header = header
    self.found = found
    self.source = source
    self.isCancelled = isCancelled
    chunks = Chunks(source)
    log = FindingLog(limit: limit, remedy: "leave this index out or delete it: CouchDB builds it again from the documents")
  }

  private mutating func run(_ signature: String?, _ rawViews: Set<Int>) throws -> FileProof {
    if source.byteCount > found.end {
      log.add(
        .trailingBytes, .warning, at: found.end, "\(source.byteCount - found.end) bytes after the newest header", remedy: "nothing is lost")
    }
    if let signature, signature != header.signature {
      log.add(.viewSignature, at: found.offset, "the header's signature is \(header.signature): CouchDB would empty this index")
    }
    let emitted = try proveIDs()
    var rows = DocumentDigest()
    for (number, view) in header.views.enumerated() {
      try proveRows(view, number, isRaw: rawViews.contains(number)) { row in
        rows.add(row.bytes, row.key, seed: UInt64(number))
      }
    }
    if rows != emitted { try compareRows() }
    if let offset = chunks.blocks.strayPrefix {
      log.add(.blockPrefix, .warning, at: offset, "a block inside a chunk is marked as a header's: a flipped bit that CouchDB does not see")
    }
    return FileProof(log, counts, updateSeq: header.updateSeq, purgeSeq: header.purgeSeq, uuid: nil)
  }

  private func walk(_ root: TreeRoot?, _ kind: TreeKind, _ log: FindingLog, _ body: (TreeEntry) throws -> Void) throws -> Int {
    let audit = TreeAudit(log, isCancelled: isCancelled)
    do {
      var walk = try TreeWalk(chunks, root: root, kind: kind, below: found.offset, audit: audit)
      while let entry = try walk.next() {
        do {
          try body(entry)
        } catch let error as CouchFormatError where error.kind != .cancelled {
          log.add(.nodeUndecodable, at: entry.node, "\(kind.name): an entry does not decode: \(error.detail)")
        }
      }
    } catch let error as CouchFormatError where error.kind == .treeTooLarge {
      log.add(.treeTooLarge, at: error.offset, "\(kind.name): \(error.detail)")
    }
    return audit.nodes
  }

  private mutating func proveIDs() throws -> DocumentDigest {
    var digest = DocumentDigest()
    var documents = 0
    let nodes = try walk(header.ids, .viewIDs, log) { entry in
      documents += 1
      try ViewEmission.forEach(in: entry) { digest.add($0.id, $0.key, seed: UInt64($0.view)) }
    }
    counts.nodes += nodes
    counts.documents = documents
    return digest
  }

  private mutating func proveRows(
    _ view: ViewHeader.View, _ number: Int, isRaw: Bool, _ body: ((bytes: ArraySlice<UInt8>, key: ArraySlice<UInt8>)) -> Void
  ) throws {
    var rows = 0
    let nodes = try walk(view.root, .viewRows(isRaw: isRaw), log) { entry in
      let row = try ViewRow(entry)
      rows += row.values.count
      body((entry.bytes[row.documentID], entry.bytes[row.key.range]))
    }
    counts.nodes += nodes
    counts.rows += rows
  }

  /// The slow way, only after the digests differed: which documents?
  private func compareRows() throws {
    let quiet = FindingLog(limit: 0, remedy: "")
    var left: [UInt64: (id: ArraySlice<UInt8>, count: Int)] = [:]
    var digest = DocumentDigest()
    _ = try walk(header.ids, .viewIDs, quiet) { entry in
      try ViewEmission.forEach(in: entry) { left[digest.add($0.id, $0.key, seed: UInt64($0.view)), default: ($0.id, 0)].count += 1 }
    }
    for (number, view) in header.views.enumerated() {
      _ = try walk(view.root, .viewRows(isRaw: false), quiet) { entry in
        let row = try ViewRow(entry)
        let hash = digest.add(entry.bytes[row.documentID], entry.bytes[row.key.range], seed: UInt64(number))
        if left[hash]?.count ?? 0 > 0 {
          left[hash]?.count -= 1
        } else {
          add(.error, entry.bytes[row.documentID], "a row of view \(number) that the id tree does not know")
        }
      }
    }
    // Two keys that differ but collate the same leave one row: no damage by itself.
    for (id, count) in left.values where count > 0 { add(.warning, id, "a row in the id tree that no view has") }
  }

  private func add(_ severity: Finding.Severity, _ id: ArraySlice<UInt8>, _ message: String) {
    log.add(.viewRows, severity, document: String(decoding: id, as: UTF8.self), message)
  }
}

/// One entry of an id tree's list: which view, and under which key.
private struct ViewEmission {
  let id: ArraySlice<UInt8>
  let view: Int
  let key: ArraySlice<UInt8>

  static func forEach(in entry: TreeEntry, _ body: (ViewEmission) -> Void) throws(CouchFormatError) {
    var name = entry.keyCursor
    let id = name.bytes[try name.readBinary()]
    var list = entry.valueCursor
    let count = try list.readItems()
    for _ in 0..<count {
      try list.readTuple(of: 2)
      let view = try list.readInteger()
      guard view >= 0 else { throw .term("a negative view number") }
      body(ViewEmission(id: id, view: view, key: list.bytes[try list.skipTerm()]))
    }
  }
}
