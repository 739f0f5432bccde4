import Primitives
import Testing

import Deployments

struct EnvironmentFileTests {
  @Test(arguments: EnvironmentFileRow.all)
  func `a file means what Compose takes it for`(_ row: EnvironmentFileRow) {
    #expect(EnvironmentFileRow.Outcome(reading: row.bytes) == row.outcome)
  }

  @Test func `rows have names of their own`() {
    #expect(Set(EnvironmentFileRow.all.map(\.name)).count == EnvironmentFileRow.all.count)
    #expect(EnvironmentFileRow.all.count >= 60)
  }

  @Test func `variables keep their lines and the order of those`() throws {
    let file = try EnvironmentFile(bytes: Array("A=1\n\n# c\nB=\"x\ny\"\nC=\nA=2\nOUTSIDE\n".utf8)) { $0 == "OUTSIDE" ? "o" : nil }

    #expect(file.variables.map(\.name) == ["B", "C", "A", "OUTSIDE"])
    #expect(file.variables.map(\.line) == [4, 6, 7, 8])
    #expect(file.variables.map(\.isInherited) == [false, false, false, true])
    #expect(file["A"] == "2")
    #expect(file["D"] == nil)
  }

  @Test func `a dollar sign that eats a piece of the password is told, the piece is not`() throws {
    let file = try EnvironmentFile(bytes: Array("A=pa$word\nB=${X:-}\nC='pa$word'\n".utf8)) { _ in nil }

    #expect(file.variables.map(\.refersToUnset) == [true, false, false])
  }

  @Test func `printing a file shows no value`() throws {
    let file = try EnvironmentFile(bytes: Array("PASSWORD=hunter2\n".utf8)) { _ in nil }

    for text in ["\(file)", String(reflecting: file), "\(file.variables)"] {
      #expect(text.contains("PASSWORD (line 1)"))
      #expect(!text.contains("hunter2") && !text.contains("104, 117"))
    }
  }

  @Test func `values keep bytes that are not UTF-8`() throws {
    let file = try EnvironmentFile(bytes: [0x41, 0x3D, 0xE9, 0x0A, 0x42, 0x3D, 0x24, 0x41, 0x21]) { _ in nil }

    #expect(file.variables.map(\.bytes) == [[0xE9], [0xE9, 0x21]])
  }

  @Test func `names that are equal to Swift and not to Compose stay two`() throws {
    let file = try EnvironmentFile(bytes: Array("\u{212B}=1\n\u{C5}=2\n".utf8)) { _ in nil }

    #expect(file.variables.map(\.value) == ["1", "2"])
    #expect(file["\u{212B}"] == "1")
  }

  @Test(arguments: EnvironmentFileRow.all)
  func `an error has its line and nothing of the file`(_ row: EnvironmentFileRow) {
    guard case .refused(let kind, let line) = row.outcome else { return }
    let error = EnvironmentFileError(kind: kind, line: line)

    #expect(error.description.hasPrefix("line \(line): "))
    #expect(throws: error) { try EnvironmentFile(bytes: row.bytes) { EnvironmentFileRow.environment[$0] } }
  }

  @Test func `values that grow without end are refused`() {
    let doubling = "A=xxxxxxxxxxxxxxxx\n" + String(repeating: "A=$A$A\n", count: 60)
    let many = "A=xxxxxxxxxxxxxxxx\n" + String(repeating: "A=$A$A\n", count: 16) + (0..<100).map { "B\($0)=$A\n" }.joined()

    #expect(throws: EnvironmentFileError(kind: .tooLong, line: 18)) { try EnvironmentFile(bytes: Array(doubling.utf8)) { _ in nil } }
    #expect(throws: EnvironmentFileError.self) { try EnvironmentFile(bytes: Array(many.utf8)) { _ in nil } }
  }

  @Test func `defaults may lie deep but not without end`() throws {
    func nested(_ count: Int) -> [UInt8] {
      Array(("A=" + String(repeating: "${X:-", count: count) + "x" + String(repeating: "}", count: count)).utf8)
    }

    #expect(try EnvironmentFile(bytes: nested(60)) { _ in nil }["A"] == "x")
    #expect(throws: EnvironmentFileError(kind: .tooDeep, line: 1)) { try EnvironmentFile(bytes: nested(50_000)) { _ in nil } }
  }
}

extension EnvironmentFileRow.Outcome {
  /// With the rows' environment, and with text that is not UTF-8 written as Compose writes it.
  init(reading bytes: [UInt8]) {
    do {
      let file = try EnvironmentFile(bytes: bytes) { EnvironmentFileRow.environment[$0] }
      self = .variables(
        Dictionary(file.variables.map { ($0.name, ComposeOracle.text($0.bytes)) }, uniquingKeysWith: { $1 }))
    } catch {
      self = .refused(error.kind, line: error.line)
    }
  }
}
