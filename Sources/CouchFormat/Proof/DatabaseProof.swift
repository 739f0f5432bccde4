package import Primitives

/// Proves one database file as of one header: every tree, every body, every attachment.
///
/// B-tree nodes carry no checksum, and half of all flipped bits in them still decode. So the two trees of documents are compared with one
/// another, and every order, size and count with what it should be. Damage is written down and walked around; only errors
/// of the source and cancellation are thrown.
package struct DatabaseProof {
  private let file: DatabaseFile
  private let found: FoundHeader
  private let range: HashRange?
  private let isPartitioned: Bool
  private let isCancelled: @Sendable () -> Bool
  private let chunks: Chunks
  private let log: FindingLog
  private var counts = FileProof.Counts()
  private var purgeSeq = 0

  /// - Parameters:
  ///   - range: What the file's path says its ids hash to; `nil` for node-local databases.
  ///   - isPartitioned: From the shard map.
  ///   - limit: How many findings are kept in full.
  package static func run(
    _ source: any RandomAccess, _ header: FoundHeader, range: HashRange?, isPartitioned: Bool = false, limit: Int = 100,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> FileProof {
    var proof = try DatabaseProof(source, header, range, isPartitioned, limit, isCancelled)
    return try proof.run()
  }

  private init(
    _ source: any RandomAccess, _ header: FoundHeader, _ range: HashRange?, _ isPartitioned: Bool, _ limit: Int,
    _ isCancelled: @escaping @Sendable () -> Bool
  ) throws {
    file = try DatabaseFile(source, header)
    found = header
    self.range = range
    self.isPartitioned = isPartitioned
    self.isCancelled = isCancelled
    chunks = file.chunks()
    log = FindingLog(limit: limit, remedy: "take this file from an earlier snapshot or from another location; keep the damaged one")
  }

  private mutating func run() throws -> FileProof {
    let header = file.header
    if file.source.byteCount > found.end {
      log.add(
        .trailingBytes, .warning, at: found.end, "\(file.source.byteCount - found.end) bytes after the newest header",
        remedy: "nothing is lost: CouchDB passes them by; a compaction removes them")
    }
    let sequence = try proveSequences()
    let ids = try proveIDs()
    if sequence != ids { try compareDocuments() }
    try proveLocals()
    try provePurges()
    proveProperties()
    if let offset = chunks.blocks.strayPrefix {
      log.add(.blockPrefix, .warning, at: offset, "a block inside a chunk is marked as a header's: a flipped bit that CouchDB does not see")
    }
    return FileProof(log, counts, updateSeq: header.updateSeq, purgeSeq: purgeSeq, uuid: header.uuid)
  }

  /// Walks a tree to its end; damage inside goes to the log, so does a tree that does not end.
  private func walk(_ root: TreeRoot?, _ kind: TreeKind, _ body: (TreeEntry) throws -> Void) throws -> Int {
    let audit = TreeAudit(log, isCancelled: isCancelled)
    do {
      var walk = try TreeWalk(chunks, root: root, kind: kind, below: found.offset, audit: audit)
      while let entry = try walk.next() {
        do {
          try body(entry)
        } catch let error as CouchFormatError where error.kind != .cancelled {
          log.add(.documentUndecodable, at: error.offset ?? entry.node, "\(kind.name): an entry does not decode: \(error.detail)")
        }
      }
    } catch let error as CouchFormatError where error.kind == .treeTooLarge {
      log.add(.treeTooLarge, at: error.offset, "\(kind.name): \(error.detail)")
    }
    return audit.nodes
  }

  /// Bodies lie in the file in the order of sequences, so this tree leads to them.
  private mutating func proveSequences() throws -> DocumentDigest {
    var digest = DocumentDigest()
    var newest = 0
    var bodies = BodyProof(chunks, log, below: found.offset)
    let nodes = try walk(file.header.bySequence, .bySequence) { entry in
      let document = try FullDocument(entry, in: .bySequence)
      digest.add(document)
      newest = max(newest, document.updateSeq)
      try bodies.prove(document)
    }
    counts = counts + bodies.counts
    counts.nodes += nodes
    if newest > file.header.updateSeq {
      log.add(.updateSeqTooSmall, at: found.offset, "a document has sequence \(newest), the header only \(file.header.updateSeq)")
    }
    return digest
  }

  private mutating func proveIDs() throws -> DocumentDigest {
    var digest = DocumentDigest()
    var documents = 0
    var deleted = 0
    let nodes = try walk(file.header.byID, .byID) { entry in
      let document = try FullDocument(entry, in: .byID)
      digest.add(document)
      documents += 1
      if document.isDeleted { deleted += 1 }
      checkRange(document.idBytes)
    }
    counts.nodes += nodes
    counts.documents = documents
    counts.deleted = deleted
    return digest
  }

  private func checkRange(_ id: ArraySlice<UInt8>) {
    guard let range, !range.contains(DocumentHash.of(id, partitioned: isPartitioned)) else { return }
    log.add(
      .documentOutsideRange, document: String(decoding: id, as: UTF8.self), "a document whose hash is outside \(range)",
      remedy: "was this file renamed, or taken from another shard? restore the one that belongs here")
  }

  /// The slow way, only after the digests of the two trees differed: which documents?
  private func compareDocuments() throws {
    var bySequence: [ArraySlice<UInt8>: FullDocument] = [:]
    do {
      let quiet = TreeAudit(FindingLog(limit: 0, remedy: ""), isCancelled: isCancelled)
      var walk = try TreeWalk(chunks, root: file.header.bySequence, kind: .bySequence, below: found.offset, audit: quiet)
      while let entry = try walk.next() {
        if let document = try? FullDocument(entry, in: .bySequence) { bySequence[document.idBytes] = document }
      }
      walk = try TreeWalk(chunks, root: file.header.byID, kind: .byID, below: found.offset, audit: quiet)
      while let entry = try walk.next() {
        guard let document = try? FullDocument(entry, in: .byID) else { continue }
        if bySequence.removeValue(forKey: document.idBytes)?.isSame(as: document) != true {
          log.add(.idSeqMismatch, document: document.id, "the two trees of documents differ about this document")
        }
      }
    } catch let error as CouchFormatError where error.kind == .treeTooLarge {}  // found before
    for id in bySequence.keys {
      log.add(.idSeqMismatch, document: String(decoding: id, as: UTF8.self), "this document is missing in the by-id tree")
    }
  }

  private mutating func proveLocals() throws {
    var locals = 0
    var writer = JSONWriter(.couch)
    let nodes = try walk(file.header.local, .local) { entry in
      let document = try LocalDocument(entry)
      locals += 1
      if !document.isBookkeeping { checkRange(document.idBytes) }
      writer.removeAll()
      try DocumentJSON.write(document, to: &writer)
    }
    counts.nodes += nodes
    counts.localDocuments = locals
  }

  private mutating func provePurges() throws {
    guard file.header.diskVersion >= 7 else {
      purgeSeq = file.header.legacyPurgeSeq ?? 0
      return
    }
    var bySequence: Set<PurgeInfo> = []
    var byUUID: Set<PurgeInfo> = []
    var nodes = try walk(file.header.purgesBySequence, .purgesBySequence) { bySequence.insert(try PurgeInfo($0, in: .purgesBySequence)) }
    nodes += try walk(file.header.purges, .purges) { byUUID.insert(try PurgeInfo($0, in: .purges)) }
    counts.nodes += nodes
    counts.purges = bySequence.count
    purgeSeq = bySequence.lazy.map(\.purgeSeq).max() ?? 0
    if bySequence != byUUID {
      log.add(.purgeTreesDiffer, at: found.offset, "the two purge trees differ in \(bySequence.symmetricDifference(byUUID).count) entries")
    }
  }

  private func proveProperties() {
    do { _ = try file.security(.couch, chunks) } catch {
      log.add(.securityUnreadable, at: file.header.securityPointer, "the security object does not decode: \(error)")
    }
    do {
      let partitioned = try file.isPartitioned(chunks)
      if range != nil, partitioned != isPartitioned {
        log.add(.propsUnreadable, at: file.header.propsPointer, "the file says partitioned: \(partitioned), the shard map \(isPartitioned)")
      }
    } catch { log.add(.propsUnreadable, at: file.header.propsPointer, "the database's properties do not decode: \(error)") }
  }
}
