import Primitives

/// A `.env` file with one value changed, and every other byte as it was.
package enum EnvironmentFileEdit {
  /// - Returns: the file with `name` set to `value`: in the line that sets it where that is one line, else in a new last line, which wins.
  /// - Throws: `EnvironmentFileError` if the file cannot be read before or after; `EnvironmentEditError` if it would not say what it should.
  package static func setting(_ name: String, to value: String, in bytes: [UInt8]) throws -> [UInt8] {
    let before = try EnvironmentFile(bytes: bytes) { _ in nil }
    let edited = inPlace(name, value, bytes, before) ?? appended(name, value, to: bytes)
    let after = try EnvironmentFile(bytes: edited) { _ in nil }
    let others = { (file: EnvironmentFile) in file.variables.filter { $0.name != name }.map { [$0.name, $0.value] } }
    guard after[name] == value, others(after) == others(before) else { throw EnvironmentEditError(name: name) }
    return edited
  }

  private static func inPlace(_ name: String, _ value: String, _ bytes: [UInt8], _ file: EnvironmentFile) -> [UInt8]? {
    guard let variable = file.variables.first(where: { $0.name == name }) else { return nil }
    var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.indices.contains(variable.line - 1) else { return nil }
    let line = lines[variable.line - 1]
    // A value over several lines, or two in one, is left as it is.
    guard let alone = try? EnvironmentFile(bytes: Array(line), lookup: { _ in nil }), alone.variables.map(\.name) == [name],
      alone[name] == variable.value
    else { return nil }
    let ending = line.last == UInt8(ascii: "\r") ? "\r" : ""
    lines[variable.line - 1] = Array("\(name)=\(quoted(value))\(ending)".utf8)[...]
    return Array(lines.joined(separator: [UInt8(ascii: "\n")]))
  }

  private static func appended(_ name: String, _ value: String, to bytes: [UInt8]) -> [UInt8] {
    let separator = bytes.isEmpty || bytes.last == UInt8(ascii: "\n") ? "" : "\n"
    return bytes + Array("\(separator)\(name)=\(quoted(value))\n".utf8)
  }

  /// Plain where nothing in it means something to Compose.
  private static func quoted(_ value: String) -> String {
    let plain = value.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
      case _ where byte >= 0x80: true
      default: "/._-:@+,%=".utf8.contains(byte)
      }
    }
    return plain && !value.isEmpty ? value : "'\(value.replacing("'", with: "\\'"))'"
  }
}

/// A `.env` file that no edit makes say what it has to.
package struct EnvironmentEditError: Explainable {
  let name: String

  package var summary: String { "'.env' cannot be given another \(name) without changing what else it says" }
  package var hints: [String] { ["correct the line by hand in the restored '.env', then run the same command again"] }
}
