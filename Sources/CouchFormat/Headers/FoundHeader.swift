/// A header whose checksum is right, where it lies and what it says.
package struct FoundHeader: Sendable {
  package enum Content: Sendable {
    case database(DatabaseHeader)
    case view(ViewHeader)
    /// `comp_header`: a checkpoint of a compaction; a finished file has these only at older places.
    case compaction
  }

  /// A multiple of 4096.
  package let offset: Int
  /// The offset after its last byte: everything before it is a complete file.
  package let end: Int
  package let checksum: ChecksumKind
  /// The file's bytes from `offset` to `end`: still there later means the same file has only grown.
  package let rawBytes: [UInt8]
  package let content: Content

  package var database: DatabaseHeader? { if case .database(let header) = content { header } else { nil } }
  package var view: ViewHeader? { if case .view(let header) = content { header } else { nil } }
}

extension FoundHeader.Content {
  /// - Parameter term: a header's term, with the version byte.
  /// - Throws: `headerUnknown` for any record that is none of ours.
  init(_ term: [UInt8], at offset: Int) throws(CouchFormatError) {
    do throws(CouchFormatError) {
      guard term.first == TermCompression.version else { throw CouchFormatError.term("no term") }
      var cursor = TermCursor(term, 1..<term.count)
      var inside = cursor
      _ = try inside.readTupleHeader()
      if inside.skipAtom("comp_header") {
        self = .compaction
      } else if try inside.peekTag() == TermCursor.Tag.binary {
        self = .view(try ViewHeader(&cursor))
      } else {
        self = .database(try DatabaseHeader(&cursor))
      }
    } catch {
      throw CouchFormatError(.headerUnknown, at: offset, "a header of an unknown shape: \(error.detail)")
    }
  }
}
