/// The order of Erlang terms as its `<` gives it, on encoded terms: of raw collation's keys and of a design document's map sources.
///
/// number < atom < tuple < list < binary; tuples by size first, lists and binaries element by element. Maps do not occur.
enum TermOrder {
  static func compareBytes(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
    left.withUnsafeBytes { left in
      right.withUnsafeBytes { right in
        let shared = min(left.count, right.count)
        for index in 0..<shared where left[index] != right[index] { return left[index] < right[index] ? -1 : 1 }
        return left.count - right.count
      }
    }
  }

  static func compareBytes(_ left: TermCursor, _ leftRange: Range<Int>, _ right: TermCursor, _ rightRange: Range<Int>) -> Int {
    compareBytes(left.bytes[leftRange], right.bytes[rightRange])
  }

  /// - Returns: Negative, 0 or positive. 1 and 1.0 are equal, as in Erlang.
  static func compare(_ left: TermCursor, _ right: TermCursor) throws(CouchFormatError) -> Int {
    var left = left
    var right = right
    var open: [Pair] = []
    while true {
      let result = try compareHeads(&left, &right, &open)
      if result != 0 { return result }
      while let pair = open.last {
        if let order = try advance(pair, &left, &right, &open) {
          if order != 0 { return order }
        } else {
          break
        }
      }
      if open.isEmpty { return 0 }
    }
  }

  /// Two tuples or lists whose elements are being compared.
  private enum Pair {
    case tuples(left: Int)
    case lists(TermCursor.ListHead, TermCursor.ListHead)
  }

  /// Goes to the next elements of the innermost pair.
  ///
  /// - Returns: `nil` when the cursors stand before two terms to compare, else the order found so far (0: go on).
  private static func advance(
    _ pair: Pair, _ left: inout TermCursor, _ right: inout TermCursor, _ open: inout [Pair]
  ) throws(CouchFormatError) -> Int? {
    open.removeLast()
    switch pair {
    case .tuples(let count):
      guard count > 0 else { return 0 }
      open.append(.tuples(left: count - 1))
      return nil
    case .lists(var first, var second):
      switch (first.count, second.count) {
      case (0, 0):
        if case .items = first { try left.readTail() }
        if case .items = second { try right.readTail() }
        return 0
      case (0, _): return -1
      case (_, 0): return 1
      default: break
      }
      let one = first.takeByte(left.bytes)
      let other = second.takeByte(right.bytes)
      open.append(.lists(first, second))
      if one == nil, other == nil { return nil }
      return try compareElement(one, other, &left, &right)
    }
  }

  /// Compares two list elements of which at least one is a byte of a STRING.
  private static func compareElement(
    _ one: UInt8?, _ other: UInt8?, _ left: inout TermCursor, _ right: inout TermCursor
  ) throws(CouchFormatError) -> Int {
    if let one, let other { return Int(one) - Int(other) }
    let isLeft = one == nil
    let byte = TermNumber(Int(one ?? other ?? 0))
    let rank = try rank(isLeft ? left : right)
    let order = rank == 0 ? TermNumber.compare(try isLeft ? TermNumber(&left) : TermNumber(&right), byte) : 1
    return isLeft ? order : -order
  }

  private static func compareHeads(
    _ left: inout TermCursor, _ right: inout TermCursor, _ open: inout [Pair]
  ) throws(CouchFormatError) -> Int {
    let rank = try rank(left)
    let other = try self.rank(right)
    guard rank == other else { return rank - other }
    switch rank {
    case 0: return TermNumber.compare(try TermNumber(&left), try TermNumber(&right))
    case 1: return compareBytes(left, try left.readAtom(), right, try right.readAtom())
    case 2:
      let size = try left.readTupleHeader()
      let otherSize = try right.readTupleHeader()
      if size == otherSize { open.append(.tuples(left: size)) }
      return size - otherSize
    case 3:
      open.append(.lists(try left.readListHead(), try right.readListHead()))
      return 0
    default: return compareBytes(left, try left.readBinary(), right, try right.readBinary())
    }
  }

  private static func rank(_ cursor: TermCursor) throws(CouchFormatError) -> Int {
    switch try cursor.peekTag() {
    case TermCursor.Tag.smallInteger, TermCursor.Tag.integer, TermCursor.Tag.smallBig, TermCursor.Tag.largeBig, TermCursor.Tag.newFloat,
      TermCursor.Tag.float:
      0
    case TermCursor.Tag.atom, TermCursor.Tag.smallAtom, TermCursor.Tag.atomUTF8, TermCursor.Tag.smallAtomUTF8: 1
    case TermCursor.Tag.smallTuple, TermCursor.Tag.largeTuple: 2
    case TermCursor.Tag.empty, TermCursor.Tag.string, TermCursor.Tag.list: 3
    case TermCursor.Tag.binary: 4
    default: throw .term("a kind of term that has no place in a key")
    }
  }
}

extension TermCursor.ListHead {
  /// Elements left.
  fileprivate var count: Int {
    switch self {
    case .items(let count): count
    case .bytes(let range): range.count
    }
  }

  /// Takes one element off; `nil` for a list of terms, whose element is read from the cursor.
  fileprivate mutating func takeByte(_ bytes: [UInt8]) -> UInt8? {
    switch self {
    case .items(let count):
      self = .items(count - 1)
      return nil
    case .bytes(let range):
      self = .bytes(range.dropFirst())
      return bytes[range.lowerBound]
    }
  }
}
