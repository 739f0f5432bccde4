import CouchFormat
import Primitives
import Testing

/// What is encoded here is what the cursor reads, and what Erlang would have written.
struct TermBytesTests {
  /// A term as a value: only tests build them.
  private indirect enum Value: Equatable {
    case integer(Int)
    case float(UInt64)
    case atom(String)
    case binary([UInt8])
    case list([Value])
    case tuple([Value])

    static func random(_ depth: Int, _ random: inout Seeded) -> Value {
      let integers = [0, 1, 255, 256, -1, 1 << 31 - 1, 1 << 31, -(1 << 31), -(1 << 31) - 1, .max, -.max]
      switch Int.random(in: 0...(depth > 0 ? 7 : 4), using: &random) {
      case 0: return .integer(integers.randomElement(using: &random) ?? 0)
      case 1: return .integer(Int(truncatingIfNeeded: random.next()) >> Int.random(in: 1...63, using: &random))
      case 2: return .float(Double.random(in: -1e9...1e9, using: &random).bitPattern)
      case 3: return .atom(["true", "undefined", "couchdb@127.0.0.1", ""].randomElement(using: &random) ?? "")
      case 4: return .binary((0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
      case 5: return .list((0..<Int.random(in: 0...300, using: &random)).map { _ in .integer(Int.random(in: 0...255, using: &random)) })
      case 6: return .list(children(Int.random(in: 0...6, using: &random), depth, &random))
      default: return .tuple(children([0, 1, 2, 255, 256, 300].randomElement(using: &random) ?? 0, 0, &random))
      }
    }

    private static func children(_ count: Int, _ depth: Int, _ random: inout Seeded) -> [Value] {
      (0..<count).map { _ in .random(depth - 1, &random) }
    }

    var encoded: [UInt8] {
      switch self {
      case .integer(let value): TermBytes.integer(value)
      case .float(let bits): TermBytes.float(Double(bitPattern: bits))
      case .atom(let name): TermBytes.atom(name)
      case .binary(let bytes): TermBytes.binary(bytes)
      case .list(let items): TermBytes.list(items.map(\.encoded))
      case .tuple(let items): TermBytes.tuple(items.map(\.encoded))
      }
    }

    init(_ cursor: inout TermCursor) throws {
      switch try cursor.peekTag() {
      case 97, 98, 110: self = .integer(try cursor.readInteger())
      case 70:
        let term = try cursor.readTerm()
        self = .float(term.bytes[term.range].dropFirst().reduce(0) { $0 << 8 | UInt64($1) })
      case 100: self = .atom(cursor.text(try cursor.readAtom()))
      case 109: self = .binary(Array(cursor.bytes[try cursor.readBinary()]))
      case 104, 105: self = .tuple(try Self.read(try cursor.readTupleHeader(), &cursor))
      default:
        switch try cursor.readListHead() {
        case .bytes(let range): self = .list(cursor.bytes[range].map { .integer(Int($0)) })
        case .items(let count):
          self = .list(try Self.read(count, &cursor))
          try cursor.readTail()
        }
      }
    }

    private static func read(_ count: Int, _ cursor: inout TermCursor) throws -> [Value] {
      var items: [Value] = []
      for _ in 0..<count { items.append(try Value(&cursor)) }
      return items
    }
  }

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  func `a random term is read back as it was`(_ seed: UInt64) throws {
    var random = Seeded(seed)
    let value = Value.random(4, &random)
    let bytes = value.encoded

    var cursor = TermCursor(bytes, bytes.indices)
    #expect(try Value(&cursor) == value, "seed \(seed)")
    #expect(cursor.isAtEnd)
    cursor = TermCursor(bytes, bytes.indices)
    try cursor.skipTerm()
    #expect(cursor.isAtEnd)
  }

  struct Row: CustomTestStringConvertible, Sendable {
    let name: String
    let made: [UInt8]
    let erlang: [UInt8]
    var testDescription: String { name }
  }

  /// `term_to_binary(Term, [{minor_version, 1}])` of Erlang 25.
  static let rows: [Row] = [
    Row(name: "the largest small integer", made: TermBytes.integer(255), erlang: [97, 255]),
    Row(name: "256", made: TermBytes.integer(256), erlang: [98, 0, 0, 1, 0]),
    Row(name: "-1", made: TermBytes.integer(-1), erlang: [98, 255, 255, 255, 255]),
    Row(name: "2^31", made: TermBytes.integer(1 << 31), erlang: [110, 4, 0, 0, 0, 0, 128]),
    Row(name: "-2^31 - 1", made: TermBytes.integer(-(1 << 31) - 1), erlang: [110, 4, 1, 1, 0, 0, 128]),
    Row(name: "-2^63", made: TermBytes.integer(.min), erlang: [110, 8, 1, 0, 0, 0, 0, 0, 0, 0, 128]),
    Row(name: "1.5", made: TermBytes.float(1.5), erlang: [70, 63, 248, 0, 0, 0, 0, 0, 0]),
    Row(name: ".17 as characters", made: TermBytes.list([46, 49, 55].map(TermBytes.integer)), erlang: [107, 0, 3, 46, 49, 55]),
    Row(name: "[1, 256]", made: TermBytes.list([1, 256].map(TermBytes.integer)), erlang: [108, 0, 0, 0, 2, 97, 1, 98, 0, 0, 1, 0, 106]),
    Row(name: "[]", made: TermBytes.list([]), erlang: [106]),
    Row(name: "{[]}", made: TermBytes.object([]), erlang: [104, 1, 106]),
    Row(
      name: "{[{<<\"a\">>, nil}]}", made: TermBytes.object([("a", TermBytes.atom("nil"))]),
      erlang: [104, 1, 108, 0, 0, 0, 1, 104, 2, 109, 0, 0, 0, 1, 97, 100, 0, 3, 110, 105, 108, 106]),
  ]

  @Test(arguments: rows)
  func `a term has Erlang's bytes`(_ row: Row) {
    #expect(row.made == row.erlang)
  }

  @Test(arguments: Subjects.all)
  func `a first revision gets the id CouchDB gave it`(_ corpus: Corpus) throws {
    let source = try #require(try corpus.files()["_dbs.couch"])
    let file = try DatabaseFile(source, try #require(try HeaderSearch.newest(in: source)))
    let chunks = file.chunks()

    var compared = 0
    try file.forEachDocument(chunks) { document in
      guard let winner = document.tree.winner, winner.depth == 1, !document.isDeleted else { return true }
      let made = FreshDocument(newID: document.id, updateSeq: 1, body: try FreshDocument(document, chunks).body)
      #expect(RevisionID.text(made.revisions[0][...]) == document.tree.path(of: winner)[0], "\(document.id)")
      compared += 1
      return true
    }
    #expect(compared > 1)
  }
}
