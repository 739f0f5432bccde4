/// What both trees of documents know about one: its revisions, and where their bodies are.
///
/// By id: `DocId → {UpdateSeq, Deleted, Sizes, RevTree}`; by sequence: `UpdateSeq → {DocId, Deleted, Sizes, RevTree}`.
package struct FullDocument: Sendable {
  package let idBytes: ArraySlice<UInt8>
  package let updateSeq: Int
  /// Every leaf is a deletion.
  package let isDeleted: Bool
  package let tree: RevisionTree
  /// Everything but id and sequence, as encoded: equal in both trees.
  let shared: ArraySlice<UInt8>

  package var id: String { String(decoding: idBytes, as: UTF8.self) }

  /// - Parameter kind: `.byID` or `.bySequence`.
  package init(_ entry: TreeEntry, in kind: TreeKind) throws(CouchFormatError) {
    var key = entry.keyCursor
    var value = entry.valueCursor
    let arity = try value.readTupleHeader()
    guard arity == 3 || arity == 4 else { throw .term("a document of \(arity) elements") }
    if kind == .byID {
      idBytes = key.bytes[try key.readBinary()]
      updateSeq = try value.readInteger()
    } else {
      updateSeq = try key.readInteger()
      idBytes = value.bytes[try value.readBinary()]
    }
    let start = value.offset
    isDeleted = try RevisionTree.Stored.readFlag(&value)
    if arity == 4 { try value.skipTerm() }
    tree = try RevisionTree(&value)
    shared = value.bytes[start..<value.offset]
  }
}
