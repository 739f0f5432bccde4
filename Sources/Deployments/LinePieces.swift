/// Lines of a long text in the pieces in which it is stored: cut where a line's *key* says so, not where the bytes happen to fall, so that
/// what did not change makes the same pieces, and one changed line one new piece.
struct LinePieces: Equatable, Sendable {
  /// One line in this many, on average, ends a piece.
  private static let linesPerPiece: UInt64 = 128

  private var closed: [[UInt8]] = []
  private var open: [UInt8] = []

  /// None is empty.
  var all: [[UInt8]] { open.isEmpty ? closed : closed + [open] }

  /// - Parameter write: appends the line, with its end.
  mutating func addLine(of key: some Sequence<UInt8>, _ write: (inout [UInt8]) throws -> Void) rethrows {
    try write(&open)
    guard Self.endsPiece(key) else { return }
    closed.append(open)
    open = []
  }

  mutating func append(_ next: LinePieces) {
    guard let first = next.closed.first else {
      open += next.open
      return
    }
    closed.append(open + first)
    closed += next.closed.dropFirst()
    open = next.open
  }

  /// Ends a section of a manifest, whose lines have commas between them.
  mutating func endSection(_ text: StaticString) {
    if open.isEmpty, let last = closed.popLast() { open = last }
    if !open.isEmpty { open.remove(at: open.count - 2) }
    text.withUTF8Buffer { open += $0 }
  }

  /// FNV-1a: any hash that stays the same from run to run will do.
  private static func endsPiece(_ key: some Sequence<UInt8>) -> Bool {
    key.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } % linesPerPiece == 0
  }
}
