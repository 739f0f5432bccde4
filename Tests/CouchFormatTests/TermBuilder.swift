import CouchFormat

/// Makes Erlang terms by hand, for shapes no server at hand writes.
enum T {
  static func atom(_ name: String) -> [UInt8] { [100, 0, UInt8(name.utf8.count)] + name.utf8 }
  static func int(_ value: Int) -> [UInt8] { (0..<256).contains(value) ? [97, UInt8(value)] : [98] + be4(value) }
  static func binary(_ text: String) -> [UInt8] { binary(Array(text.utf8)) }
  static func binary(_ bytes: [UInt8]) -> [UInt8] { [109] + be4(bytes.count) + bytes }
  static func tuple(_ elements: [UInt8]...) -> [UInt8] { [104, UInt8(elements.count)] + elements.joined() }
  static func list(_ elements: [UInt8]...) -> [UInt8] { elements.isEmpty ? [106] : [108] + be4(elements.count) + elements.joined() + [106] }
  static func be4(_ value: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
  static let none = atom("nil")
}

/// Puts chunks and headers into a file's blocks as couch_file does.
struct FileBuilder {
  private(set) var bytes: [UInt8] = []

  /// Appends logical bytes, a prefix at every boundary.
  ///
  /// - Returns: The pointer to them.
  @discardableResult
  mutating func append(_ logical: [UInt8]) -> Int {
    let pointer = bytes.count
    for byte in logical {
      if bytes.count % 4096 == 0 { bytes.append(0) }
      bytes.append(byte)
    }
    if bytes.count % 4096 == 0 { bytes.append(0) }  // the exact-fit byte
    return pointer
  }

  @discardableResult
  mutating func chunk(_ payload: [UInt8]) -> Int { append(T.be4(payload.count) + payload) }

  /// - Parameter checksum: 16 bytes over `term`.
  mutating func header(_ term: [UInt8], checksum: [UInt8]) {
    while bytes.count % 4096 != 0 { bytes.append(0) }
    bytes.append(1)
    bytes += T.be4(16 + term.count)
    for byte in checksum + term {
      if bytes.count % 4096 == 0 { bytes.append(0) }
      bytes.append(byte)
    }
  }
}
