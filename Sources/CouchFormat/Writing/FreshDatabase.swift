/// A small database file written in one go: what CouchDB would have if every document had been put once, and nothing compacted since.
///
/// Terms are left uncompressed, which every CouchDB reads. There is one header, at the end.
/// Source: apache/couchdb `couch_bt_engine.erl`, `serialize_doc/2`, `id_tree_split/1`; `couch_bt_engine_header.erl`.
package struct FreshDatabase: Sendable {
  package var documents: [FreshDocument] = []
  /// Which checksum the readers of this file know.
  package var checksum: ChecksumKind
  /// 8 and 16 since 3.0; 7 and 15 in 2.3.
  package var diskVersion = 8
  package var tupleSize = DatabaseHeader.largestTuple
  package var updateSeq = 0
  /// 32 hexadecimal digits.
  package var uuid: String
  package var epochs: [DatabaseHeader.Epoch]
  package var revsLimit = 1000
  package var purgeInfosLimit = 1000
  /// A property list: the security object without its tuple.
  package var security: EncodedTerm?
  package var properties: EncodedTerm?
  /// Entries of trees whose values point nowhere: they are taken as they are.
  var locals: [TreeEntry] = []
  var purges: [TreeEntry] = []
  var purgesBySequence: [TreeEntry] = []

  package init(checksum: ChecksumKind, uuid: String, node: NodeName) {
    self.checksum = checksum
    self.uuid = uuid
    epochs = [.init(node: node.description, updateSeq: 0)]
  }

  /// The file's bytes.
  ///
  /// - Throws: `documentInvalid` for two documents of one id or sequence, and for one without revisions.
  package func bytes() throws(CouchFormatError) -> [UInt8] {
    try check()
    var file = BlockWriter()
    let security = security.map { file.term($0.cursor.rest).pointer }
    let properties = properties.map { file.term($0.cursor.rest).pointer }
    let bySequence = documents.sorted { $0.updateSeq < $1.updateSeq }.map { Stored($0, checksum, &file) }
    let byID = bySequence.sorted { TermOrder.compareBytes($0.document.idBytes[...], $1.document.idBytes[...]) < 0 }
    let roots = [
      TreeWriter.write(byID.map(\.byID), .byID, to: &file),
      TreeWriter.write(bySequence.map(\.bySequence), .bySequence, to: &file),
      TreeWriter.write(locals.map(TreeWriter.Entry.init), .local, to: &file),
    ]
    let purgeRoots = [
      TreeWriter.write(purges.map(TreeWriter.Entry.init), .purges, to: &file),
      TreeWriter.write(purgesBySequence.map(TreeWriter.Entry.init), .purgesBySequence, to: &file),
    ]
    file.header(header(roots, purgeRoots, security: security, properties: properties), checksum: checksum)
    return file.bytes
  }

  private func check() throws(CouchFormatError) {
    if Set(documents.map(\.idBytes)).count < documents.count { throw CouchFormatError(.documentInvalid, "two documents of one id") }
    if Set(documents.map(\.updateSeq)).count < documents.count { throw CouchFormatError(.documentInvalid, "two documents of one sequence") }
    for document in documents where document.revisions.isEmpty || document.depth < document.revisions.count {
      throw CouchFormatError(.documentInvalid, "a document of depth \(document.depth) with \(document.revisions.count) revisions")
    }
  }

  private func header(_ roots: [[UInt8]], _ purges: [[UInt8]], security: Int?, properties: Int?) -> [UInt8] {
    let newest = documents.lazy.map(\.updateSeq).max() ?? 0
    var fields = [
      TermBytes.atom("db_header"), TermBytes.integer(diskVersion), TermBytes.integer(max(updateSeq, newest)), TermBytes.integer(0),
    ]
    fields += roots
    // Before version 7 the two slots are a number and a pointer.
    fields += diskVersion < 7 ? [TermBytes.integer(0), TermBytes.atom("nil")] : purges
    fields += [
      security.map(TermBytes.integer) ?? TermBytes.atom("nil"), TermBytes.integer(revsLimit), TermBytes.binary(uuid),
      TermBytes.list(epochs.map { TermBytes.tuple([TermBytes.atom($0.node), TermBytes.integer($0.updateSeq)]) }),
      TermBytes.integer(0), TermBytes.integer(purgeInfosLimit), properties.map(TermBytes.integer) ?? TermBytes.atom("undefined"),
    ]
    return TermBytes.tuple(Array(fields.prefix(tupleSize)))
  }
}

extension FreshDatabase {
  /// A document whose summary is in the file.
  private struct Stored {
    let document: FreshDocument
    private let sizes: TreeSum.Sizes
    /// What both trees say alike.
    private let shared: [[UInt8]]

    init(_ document: FreshDocument, _ checksum: ChecksumKind, _ file: inout BlockWriter) {
      self.document = document
      let version = [TermCompression.version]
      let body = TermBytes.binary(version + document.body)
      let written = file.chunk(version + TermBytes.tuple([body, TermBytes.binary(version + TermBytes.empty)]), checksum: checksum)
      sizes = TreeSum.Sizes(active: written.diskLength, external: Self.externalSize(document.body))
      let pair = TermBytes.tuple([TermBytes.integer(sizes.active), TermBytes.integer(sizes.external)])
      let isDeleted = TermBytes.integer(document.isDeleted ? 1 : 0)
      let sequence = TermBytes.integer(document.updateSeq)
      let value = TermBytes.tuple([isDeleted, TermBytes.integer(written.pointer), sequence, pair, TermBytes.empty])
      shared = [isDeleted, pair, document.tree(value)]
    }

    /// About the size of the body as JSON; CouchDB's own estimate differs by some bytes for floats and escapes, and is only shown.
    private static func externalSize(_ body: [UInt8]) -> Int {
      var writer = JSONWriter(.couch)
      try? writer.term(EncodedTerm(body, body.indices))
      return writer.output.count
    }

    var byID: TreeWriter.Entry {
      TreeWriter.Entry(
        key: TermBytes.binary(document.idBytes), value: TermBytes.tuple([TermBytes.integer(document.updateSeq)] + shared),
        sum: TreeSum(entries: 1, deleted: document.isDeleted ? 1 : 0, sizes: sizes))
    }

    var bySequence: TreeWriter.Entry {
      TreeWriter.Entry(
        key: TermBytes.integer(document.updateSeq), value: TermBytes.tuple([TermBytes.binary(document.idBytes)] + shared))
    }
  }
}

extension TreeWriter.Entry {
  /// An entry of another file's tree.
  fileprivate init(_ entry: TreeEntry) {
    self.init(key: entry.keyCursor.rest, value: entry.valueCursor.rest)
  }
}
