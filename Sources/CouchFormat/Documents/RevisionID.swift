import Crypto
import Primitives

/// How revision ids are shown and made.
package enum RevisionID {
  /// 16 bytes as 32 hexadecimal digits, any other length as the text it is.
  package static func text(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.count == 16 ? Hex.encode(bytes) : String(decoding: bytes, as: UTF8.self)
  }

  /// The id CouchDB gives to an edit of a document without attachments.
  ///
  /// From Erlang 26 on CouchDB hashes other bytes for the same edit; ids only have to differ where edits differ.
  /// Source: apache/couchdb `couch_db.erl`, `new_revid/1`.
  ///
  /// - Parameters:
  ///   - depth: of the revision before, 0 if there is none.
  ///   - body: `{[{Name, Value}, …]}` without a version byte.
  package static func make(isDeleted: Bool, depth: Int, previous: [UInt8]?, body: [UInt8]) -> [UInt8] {
    let parts = [
      TermBytes.atom(isDeleted ? "true" : "false"), TermBytes.integer(depth), previous.map(TermBytes.binary) ?? TermBytes.integer(0), body,
      TermBytes.empty,
    ]
    return Array(Insecure.MD5.hash(data: [TermCompression.version] + TermBytes.list(parts)))
  }
}
