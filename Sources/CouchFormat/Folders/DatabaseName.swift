/// The name of a database that a person may give: what CouchDB allows, without the names it keeps for itself.
///
/// A database called `…/_replicator` would begin to replicate with the credentials in it, so no part of a name may begin with an underscore.
/// Source: apache/couchdb `couch_db.erl`, `DBNAME_REGEX`, `is_system_db_name/1`.
package struct DatabaseName: Hashable, Sendable, CustomStringConvertible {
  /// Of a file's name, in bytes.
  private static let longest = 255

  package let description: String

  package init?(_ text: String) {
    guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first), text.utf8.allSatisfy(Self.isAllowed),
      // Its slashes are folders: none without a name, and a name that a file can have with what is put behind it.
      text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({
        !$0.isEmpty && !$0.hasPrefix("_") && $0.utf8.count <= Self.longest
      })
    else { return nil }
    description = text
  }

  /// As a part of a URL's path.
  package var percentEncoded: String {
    description.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        String(UnicodeScalar(byte))
      default: "%" + String(byte, radix: 16, uppercase: true)  // all of them are above 0x0F
      }
    }.joined()
  }

  private static func isAllowed(_ character: UInt8) -> Bool {
    switch character {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"),
      UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "/"):
      true
    default: false
    }
  }
}
