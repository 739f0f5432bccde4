import FoundationEssentials

/// A listing as servers send it, JSON of either version of the protocol.
///
///     1   ["9f86…", …]
///     2   [{"name":"9f86…","size":1234}, …]
package enum RESTListing {
  package struct Entry: Equatable {
    package let name: String
    /// In bytes; `nil` where the server does not say it.
    package let byteCount: Int?
  }

  /// - Returns: what has a name, whatever it is; `nil` if this is no listing.
  package static func entries(_ bytes: [UInt8]) -> [Entry]? {
    try? JSONDecoder().decode([Item].self, from: Data(bytes)).compactMap(\.entry)
  }

  /// Anything, so that one strange item does not hide the others.
  private struct Item: Decodable {
    private struct Described: Decodable {
      let name: String
    }

    private struct Measured: Decodable {
      let size: Int
    }

    let entry: Entry?

    init(from decoder: any Decoder) {
      if let name = try? decoder.singleValueContainer().decode(String.self) {
        entry = Entry(name: name, byteCount: nil)
      } else if let described = try? Described(from: decoder) {
        let size = (try? Measured(from: decoder))?.size
        entry = Entry(name: described.name, byteCount: size.flatMap { $0 >= 0 ? $0 : nil })
      } else {
        entry = nil
      }
    }
  }
}
