/// One purge that is still remembered.
package struct PurgeInfo: Hashable, Sendable {
  package let purgeSeq: Int
  package let uuid: [UInt8]
  package let documentID: String
  /// `depth-id` of each revision purged.
  package let revs: [String]

  /// - Parameter kind: `.purges` (uuid → {seq, id, revs}) or `.purgesBySequence` (seq → {uuid, id, revs}).
  package init(_ entry: TreeEntry, in kind: TreeKind) throws(CouchFormatError) {
    var key = entry.keyCursor
    var value = entry.valueCursor
    try value.readTuple(of: 3)
    if kind == .purges {
      uuid = Array(key.bytes[try key.readBinary()])
      purgeSeq = try value.readInteger()
    } else {
      purgeSeq = try key.readInteger()
      uuid = Array(value.bytes[try value.readBinary()])
    }
    documentID = value.text(try value.readBinary())
    let count = try value.readItems()
    var revs: [String] = []
    for _ in 0..<count {
      try value.readTuple(of: 2)
      let depth = try value.readInteger()
      revs.append("\(depth)-\(RevisionID.text(value.bytes[try value.readBinary()]))")
    }
    if count > 0 { try value.readTail() }
    self.revs = revs
  }
}
