import Foundation
import TestSupport
import Testing

import Deployments

/// The vectors of `EnvironmentFileRow`, and random files, against Docker Compose.
struct EnvironmentFileOracleTests {
  @Test func `Compose reads every file of the table as the table says`() throws {
    let oracle = try ComposeOracle()
    let rows = EnvironmentFileRow.all.filter { $0.variables != nil }

    let answers = try oracle.variables(of: rows.map(\.bytes), environment: EnvironmentFileRow.environment)

    for (row, answer) in zip(rows, answers) { #expect(row.variables == answer, "\(row.name)") }
  }

  @Test func `Compose refuses every file of the table that we refuse, on that line`() throws {
    let oracle = try ComposeOracle()

    for row in EnvironmentFileRow.all {
      guard case .refused(_, let line) = row.outcome else { continue }
      let refusal = #expect(throws: ComposeOracle.Refusal.self, "\(row.name)") {
        try oracle.variables(of: [row.bytes], environment: EnvironmentFileRow.environment)
      }
      if let said = refusal?.line { #expect(said == line, "\(row.name)") }
    }
  }

  @Test(arguments: EnvironmentFileRow.all)
  func `as the .env of a project, a file gives what config resolves`(_ row: EnvironmentFileRow) throws {
    guard let variables = row.variables else { return }
    let names = Set(EnvironmentFileRow.all.flatMap { $0.variables?.keys.sorted() ?? [] })
      .filter { $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } && !$0.isEmpty }
    let environment = EnvironmentFileRow.environment

    let answer = try ComposeOracle().resolved(names.sorted(), file: row.bytes, environment: environment)

    for name in names { #expect(answer[name] == environment[name] ?? variables[name], "\(name)") }
  }

  @Test func `random files are read as Compose reads them`() throws {
    let seed: UInt64 = 20_260_801
    var random = SeededRandom(seed: seed)
    let oracle = try ComposeOracle()
    let outcomes = (0..<1000).map { _ in
      let bytes = Array(RandomEnvironmentFile.text(using: &random).utf8)
      return (bytes: bytes, outcome: EnvironmentFileRow.Outcome(reading: bytes))
    }
    let accepted = outcomes.filter { $0.outcome.variables != nil }
    let refused = outcomes.filter { $0.outcome.variables == nil }
    #expect(accepted.count > 300)
    #expect(refused.count > 100)

    let answers = try oracle.variables(of: accepted.map(\.bytes), environment: EnvironmentFileRow.environment)

    for (file, answer) in zip(accepted, answers) {
      #expect(file.outcome.variables == answer, "seed \(seed): \(String(decoding: file.bytes, as: UTF8.self).debugDescription)")
    }
    for file in refused.prefix(40) {
      #expect(throws: ComposeOracle.Refusal.self, "seed \(seed): \(String(decoding: file.bytes, as: UTF8.self).debugDescription)") {
        try oracle.variables(of: [file.bytes], environment: EnvironmentFileRow.environment)
      }
    }
  }
}

extension EnvironmentFileRow {
  fileprivate var variables: [String: String]? { outcome.variables }
}

extension EnvironmentFileRow.Outcome {
  fileprivate var variables: [String: String]? {
    if case .variables(let variables) = self { variables } else { nil }
  }
}

extension ComposeOracle.Refusal {
  /// The line Compose names. For a quote that is not closed it names the file's last, so that does not count.
  fileprivate var line: Int? {
    guard !description.contains("unterminated"), let range = description.firstRange(of: "line ") else { return nil }
    return Int(description[range.upperBound...].prefix(while: \.isNumber))
  }
}

/// Small files of the pieces that matter to the parser.
enum RandomEnvironmentFile {
  private static let names = ["A", "B", "C", "OUTSIDE", "EMPTY", "BOTH", "a.b", "é"]
  private static let pieces = [
    "x", "1", "word", " ", "  ", "\t", "=", ":", "#", " #", " # c", "'", "\"", "\\", "\\\\", "\\n", "\\\"", "\\'", "\\$", "\\0101", "\\07",
    "\\0", "\\c",
    "$", "$$", "$A", "$B", "$OUTSIDE", "${A}", "${OUTSIDE}", "${NONE:-", "${EMPTY:-", "${EMPTY-", "${A:+", "${NONE+", "${BOTH:?", "${C?",
    "${A",
    "}", "}", "}", "}", "{", "-", ":-", "?", "+", "\r", "é", "\u{A0}", "\u{2003}", "ſ", "\u{0}",
  ]
  private static let ends = ["\n", "\n", "\n", "\n", "\r\n", "\n\n", "\n# c\n", "", " "]

  static func text(using random: inout SeededRandom) -> String {
    (0..<Int.random(in: 1...4, using: &random)).map { _ in line(using: &random) }.joined()
  }

  private static func line(using random: inout SeededRandom) -> String {
    let value = (0..<Int.random(in: 0...6, using: &random)).map { _ in pick(pieces, &random) }.joined()
    let name = pick(names, &random)
    let end = pick(ends, &random)
    switch Int.random(in: 0..<12, using: &random) {
    case 0: return value + end
    case 1: return "export " + name + "=" + value + end
    case 2: return name + end
    case 3: return name + pick([":", " = ", "\t=\t", ": "], &random) + value + end
    case 4, 5: return name + "='" + value + "'" + end
    case 6, 7, 8: return name + "=\"" + value + "\"" + end
    default: return name + "=" + value + end
    }
  }

  private static func pick(_ choices: [String], _ random: inout SeededRandom) -> String {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }
}
