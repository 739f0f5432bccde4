import Deployments
import TestSupport
import Testing

/// One value of a `.env` file is changed, and nothing else.
struct EnvironmentFileEditTests {
  static let rows: [(before: String, value: String, after: String)] = [
    ("A=1\nB=2\n", "3", "A=3\nB=2\n"),
    ("B=2\nA=1", "3", "B=2\nA=3"),
    ("B=2", "3", "B=2\nA=3\n"),
    ("", "3", "A=3\n"),
    ("# A=0\n\nexport A='1' # note\nB=2\n", "/srv/new", "# A=0\n\nA=/srv/new\nB=2\n"),
    ("A=1\r\nB=2\r\n", "3", "A=3\r\nB=2\r\n"),
    ("A=1\n", "it's $HOME # and \"more\"", "A='it\\'s $HOME # and \"more\"'\n"),
    ("A=1\n", "", "A=''\n"),
    ("A=1\n", "éclair", "A=éclair\n"),
    ("A=1\nB=2\nA=4\n", "3", "A=3\nB=2\nA=4\n"),
    ("A=\"one\ntwo\"\nB=2\n", "3", "A=\"one\ntwo\"\nB=2\nA=3\n"),
  ]

  @Test(arguments: rows.indices)
  func `the value is changed where it stands, else it is added at the end`(_ number: Int) throws {
    let row = Self.rows[number]
    let edited = try EnvironmentFileEdit.setting("A", to: row.value, in: Array(row.before.utf8))
    let file = try EnvironmentFile(bytes: edited) { _ in nil }
    #expect(file["A"] == row.value, "\(String(decoding: edited, as: UTF8.self))")
    guard row.before != "A=1\nB=2\nA=4\n" else { return }
    #expect(String(decoding: edited, as: UTF8.self) == row.after)
  }

  @Test func `whatever the value, it reads back or is refused, and the others stay`() throws {
    var random = SeededRandom(seed: 11)
    let letters = Array("ab'\"\\$# =\t{}é%:/,~*()&;<>|`!?")
    for _ in 0..<500 {
      let value = String((0..<Int.random(in: 0...12, using: &random)).map { _ in letters.randomElement(using: &random)! })
      let before = Array("FIRST='x y'\nA=old\nLAST=\"z\"\n".utf8)
      // Between single quotes a backslash before a quote belongs to the quote: there is no way to write it.
      if value.hasSuffix("\\") || value.contains("\\'") {
        #expect(throws: (any Error).self, "\(value)") { try EnvironmentFileEdit.setting("A", to: value, in: before) }
        continue
      }
      let edited = try EnvironmentFileEdit.setting("A", to: value, in: before)
      let file = try EnvironmentFile(bytes: edited) { _ in nil }
      #expect(file["A"] == value && file["FIRST"] == "x y" && file["LAST"] == "z", "\(value)")
    }
  }

  @Test func `what others are made of is not changed`() throws {
    #expect(throws: EnvironmentEditError.self) {
      try EnvironmentFileEdit.setting("A", to: "2", in: Array("A=1\nB=${A}/data\n".utf8))
    }
  }
}
