import Primitives
import TestSupport
import Testing

import Deployments

struct InterpolationTests {
  static let environment = ["A": "1", "EMPTY": "", "DOLLARS": "$A $$ ${A}", "LONG_name_2": "long", "ſ": "folded"]

  /// Template and text.
  static let texts: [(template: String, text: String)] = [
    ("", ""), ("plain", "plain"), ("$A", "1"), ("${A}", "1"), ("$A$A", "11"), ("${A}${A}", "11"), ("a${A}b", "a1b"),
    ("$LONG_name_2.x", "long.x"),
    ("$Ax", ""), ("$NONE", ""), ("[${NONE}]", "[]"), ("$$", "$"), ("$$A", "$A"), ("$$$A", "$1"), ("$${A}", "${A}"), ("$", "$"),
    ("a$", "a$"), ("$ A", "$ A"),
    ("$1", "$1"), ("$-$.", "$-$."), ("$}", "$}"), ("{A}", "{A}"), ("}${A}{", "}1{"), ("$DOLLARS", "$A $$ ${A}"), ("$ſ", "folded"),
    ("$é", "$é"),
    ("${NONE:-d}", "d"), ("${NONE-d}", "d"), ("${EMPTY:-d}", "d"), ("${EMPTY-d}", ""), ("${A:-d}", "1"), ("${A-d}", "1"), ("${NONE:-}", ""),
    ("${A:+x}", "x"), ("${A+x}", "x"), ("${EMPTY:+x}", ""), ("${EMPTY+x}", "x"), ("${NONE:+x}", ""), ("${NONE+x}", ""), ("${A:?e}", "1"),
    ("${EMPTY?e}", ""),
    ("${NONE:-${A}}", "1"), ("${NONE:-${NONE:-${NONE:-d}}}", "d"), ("${NONE:-a$A}b", "a1b"), ("${NONE:-$$}", "$"), ("${NONE:-$}", "$"),
    ("${NONE:-a} ${NONE:-b}", "a b"), ("${NONE:-a} $NONE} ${A}", "a } 1"), ("${NONE:-{}}", "{}"), ("${NONE:-{x}}", "{x}"),
    ("${NONE:-{}", "{"), ("${NONE:-{}x}y}", "{}x}y"), ("${NONE:-{{x}}y}", "{{x}y}"),
    ("${NONE:-{a},{b}}", "{a},{b}"), ("${NONE:-{{ .Node }}}", "{{ .Node }}"), ("${NONE:-a:-b}", "a:-b"), ("${NONE-:-b}", ":-b"),
    ("${NONE:-?}", "?"), ("${A:-${}", "1"),
    ("${NONE:--}", "-"), ("${NONE:-a\"b'c}", "a\"b'c"), ("${NONE:-/srv/couchdb}/nouveau", "/srv/couchdb/nouveau"),
    ("${NONE:-a}\n${NONE:-b}", "a\nb"),
    ("${A:-${NONE:?e}}", "1"),
  ]

  static let refused: [(template: String, kind: InterpolationError.Kind)] = [
    ("${", .malformed), ("${}", .malformed), ("${A", .malformed), ("${1}", .malformed), ("${A.b}", .malformed), ("${A:}", .malformed),
    ("${A:=b}", .malformed),
    ("${A b}", .malformed), ("${NONE:-a", .malformed), ("${NONE:-a\n}", .malformed), ("${NONE:-${}", .malformed), ("a $A ${", .malformed),
    ("${é}", .malformed),
    ("${NONE:?}", .required("NONE")), ("${NONE?why}", .required("NONE")), ("${EMPTY:?why}", .required("EMPTY")),
    ("${A:+${NONE:?e}}", .required("NONE")),
  ]

  @Test(arguments: texts)
  func `a template becomes its text`(_ template: String, _ text: String) throws {
    #expect(try Interpolation(of: template) { Self.environment[$0] }.text == text)
  }

  @Test(arguments: refused)
  func `a damaged template is refused`(_ template: String, _ kind: InterpolationError.Kind) {
    #expect(throws: InterpolationError(kind: kind)) { try Interpolation(of: template) { Self.environment[$0] } }
  }

  @Test func `names without a value are told once, and only where nothing stands for them`() throws {
    let result = try Interpolation(of: "$X ${Y} $X ${Z:-d} ${Z:+${Q}} ${Z:-$R}") { _ in nil }

    #expect(result.unset == ["X", "Y", "R"])
  }

  @Test func `Compose interpolates every template the same`() throws {
    let oracle = try ComposeOracle()
    var random = SeededRandom(seed: 41)
    let random300 = (0..<300).map { _ in Self.randomTemplate(&random) }
    let ours = random300.map { template in (template, try? Interpolation(of: template) { Self.environment[$0] }.text) }
    let accepted = Self.texts.map { ($0.template, $0.text) } + ours.compactMap { template, text in text.map { (template, $0) } }
    let refused = Self.refused.map(\.template) + ours.filter { $0.1 == nil }.map(\.0).prefix(20)

    let answers = try oracle.interpolated(accepted.map(\.0), environment: Self.environment)

    for ((template, text), answer) in zip(accepted, answers) { #expect(text == answer, "seed 41: \(template.debugDescription)") }
    for template in refused {
      #expect(throws: ComposeOracle.Refusal.self, "seed 41: \(template.debugDescription)") {
        try oracle.interpolated([template], environment: Self.environment)
      }
    }
  }

  @Test func `a long line of references is read in one go`() throws {
    let line = String(repeating: "${NONE:-x}${A}$$", count: 20_000)
    let open = String(repeating: "${A:-{", count: 20_000) + "}"

    #expect(try Interpolation(of: line) { Self.environment[$0] }.bytes.count == 60_000)
    #expect(try Interpolation(of: open) { Self.environment[$0] }.text == "1")
  }

  @Test func `a text that grows beyond its limit is refused`() {
    #expect(throws: InterpolationError(kind: .tooLong)) { try Interpolation(of: "$A$A", limit: 3) { _ in "xx" } }
    #expect(throws: InterpolationError(kind: .tooLong)) { try Interpolation(of: "${B:-xxxx}", limit: 3) { _ in nil } }
  }

  @Test func `errors say which variable and nothing else`() {
    #expect(InterpolationError(kind: .required("A")).description == "variable 'A' has to be set\nhint: set 'A' in '.env'")
    #expect(InterpolationError(kind: .malformed).description.contains("write '$$'"))
  }

  private static func randomTemplate(_ random: inout SeededRandom) -> String {
    let pieces = [
      "$", "$$", "$A", "${A}", "$NONE", "${NONE:-", "${NONE-", "${EMPTY:-", "${EMPTY+", "${A:+", "${NONE:?", "${A?", "${", "{", "}", "}",
      "}", "}", ":-", "-", "?",
      "+", ":", "x", " ", "\n", "1", "_", "é", "ſ", "\"", "'", "\\",
    ]
    return (0..<Int.random(in: 1...9, using: &random)).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined()
  }
}
