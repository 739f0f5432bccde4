/// Encodes the few terms that are made here: for signatures.
enum TermBytes {
  static let empty = [TermCursor.Tag.empty]

  static func tuple(_ elements: [[UInt8]]) -> [UInt8] {
    [TermCursor.Tag.smallTuple, UInt8(elements.count)] + elements.joined()
  }

  static func list(_ elements: [[UInt8]]) -> [UInt8] {
    elements.isEmpty ? empty : [TermCursor.Tag.list] + size(elements.count) + elements.joined() + empty
  }

  static func binary(_ text: String) -> [UInt8] { binary(Array(text.utf8)) }

  static func binary(_ bytes: [UInt8]) -> [UInt8] { [TermCursor.Tag.binary] + size(bytes.count) + bytes }

  static func atom(_ name: String) -> [UInt8] {
    [TermCursor.Tag.atom, UInt8(truncatingIfNeeded: name.utf8.count >> 8), UInt8(truncatingIfNeeded: name.utf8.count)] + name.utf8
  }

  /// A number that is not negative.
  static func integer(_ value: Int) -> [UInt8] {
    value < 256 ? [TermCursor.Tag.smallInteger, UInt8(value)] : [TermCursor.Tag.integer] + size(value)
  }

  private static func size(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}

extension TermCursor {
  /// The bytes not yet read.
  var rest: [UInt8] { Array(bytes[remainder]) }
}
