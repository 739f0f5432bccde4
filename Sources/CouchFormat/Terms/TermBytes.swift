/// Encodes terms the way CouchDB does: `term_to_binary` with `minor_version 1`, without the version byte before it.
///
/// The same value always gives the same bytes, those of Erlang up to 25: signatures and revision ids are hashes of them. From Erlang 26 on
/// atoms are written with other tags; every version reads both. Source: Erlang "External Term Format".
package enum TermBytes {
  package static let empty = [TermCursor.Tag.empty]

  package static func tuple(_ elements: [[UInt8]]) -> [UInt8] {
    let isSmall = elements.count < 256
    return (isSmall ? [TermCursor.Tag.smallTuple, UInt8(elements.count)] : [TermCursor.Tag.largeTuple] + size(elements.count))
      + elements.joined()
  }

  /// A list of anything; one of nothing but integers 0…255 becomes a STRING, as Erlang does it.
  package static func list(_ elements: [[UInt8]]) -> [UInt8] {
    if elements.isEmpty { return empty }
    if elements.count < 65_536, elements.allSatisfy({ $0.count == 2 && $0[0] == TermCursor.Tag.smallInteger }) {
      return [TermCursor.Tag.string] + size(elements.count)[2...] + elements.map { $0[1] }
    }
    return [TermCursor.Tag.list] + size(elements.count) + elements.joined() + empty
  }

  /// `{[{Name, Value}, …]}`: a JSON object.
  package static func object(_ members: [(name: String, value: [UInt8])]) -> [UInt8] {
    tuple([list(members.map { tuple([binary($0.name), $0.value]) })])
  }

  package static func binary(_ text: String) -> [UInt8] { binary(Array(text.utf8)) }

  package static func binary(_ bytes: [UInt8]) -> [UInt8] { [TermCursor.Tag.binary] + size(bytes.count) + bytes }

  /// - Parameter name: ASCII, at most 255 characters.
  package static func atom(_ name: String) -> [UInt8] {
    [TermCursor.Tag.atom] + size(name.utf8.count)[2...] + name.utf8
  }

  package static func integer(_ value: Int) -> [UInt8] {
    if let byte = UInt8(exactly: value) { return [TermCursor.Tag.smallInteger, byte] }
    if let word = Int32(exactly: value) { return [TermCursor.Tag.integer] + size(Int(word)) }
    var digits: [UInt8] = []
    var rest = value.magnitude
    while rest > 0 {
      digits.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
    return [TermCursor.Tag.smallBig, UInt8(digits.count), value < 0 ? 1 : 0] + digits
  }

  package static func float(_ value: Double) -> [UInt8] {
    [TermCursor.Tag.newFloat] + size(Int(value.bitPattern >> 32)) + size(Int(value.bitPattern & 0xffff_ffff))
  }

  static func size(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}

extension TermCursor {
  /// The bytes not yet read.
  var rest: [UInt8] { Array(bytes[remainder]) }
}
