/// A `_local/…` document: no history, kept whole in its tree's node.
package struct LocalDocument: Sendable {
  package let idBytes: ArraySlice<UInt8>
  /// `0-N`, the way `_rev` shows it.
  package let rev: String
  package let body: EncodedTerm

  package var id: String { String(decoding: idBytes, as: UTF8.self) }

  /// CouchDB keeps these for each shard by itself, whatever their hash; since 3.4 `_local_docs` leaves them out.
  package var isBookkeeping: Bool {
    idBytes.starts(with: "_local/purge-".utf8) || idBytes.starts(with: "_local/shard-sync-".utf8)
  }

  package init(_ entry: TreeEntry) throws(CouchFormatError) {
    var key = entry.keyCursor
    idBytes = key.bytes[try key.readBinary()]
    var value = entry.valueCursor
    try value.readTuple(of: 2)
    if try value.peekTag() == TermCursor.Tag.binary {
      rev = "0-" + value.text(try value.readBinary())
    } else {
      rev = "0-\(try value.readInteger())"
    }
    if try value.peekTag() == TermCursor.Tag.binary {
      body = try TermCompression.term(in: value.bytes, try value.readBinary())
    } else {
      body = try value.readTerm()
    }
  }
}
