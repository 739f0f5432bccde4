import SystemPackage
import TestSupport
import Testing

import Deployments

/// Damaged and hostile files: refused or read, never a trap, and never long.
struct ComposeFuzzTests {
  private static let samples = [ComposeSamples.database, ComposeSamples.updater, ComposeSamples.everything].map { Array($0.utf8) }
  private static let environmentFile = Array(
    "\u{FEFF}export A=\"a\\n${B:-${C:+d}}\" # é\r\nB: 'x\ny'\nOUTSIDE\nC=${A:?e}$$\\0101 # f\nD=\"\\0101\\0\\\"\"\n".utf8)

  private static func readAll(_ bytes: [UInt8]) {
    _ = try? EnvironmentFile(bytes: bytes) { EnvironmentFileRow.environment[$0] }
    if let file = try? ComposeFile(bytes: bytes, lookup: { ComposeSamples.environment[$0] }) {
      _ = file.hostPaths(workingFolder: "/w", home: "/h")
      _ = file.usedVolumes
    }
  }

  @Test(arguments: samples.indices)
  func `a compose file cut at any byte is read or refused`(_ index: Int) {
    let sample = Self.samples[index]

    for end in sample.indices { Self.readAll(Array(sample[..<end])) }
  }

  @Test(arguments: samples.indices)
  func `a compose file with any byte changed is read or refused`(_ index: Int) {
    for offset in Self.samples[index].indices {
      var bytes = Self.samples[index]
      bytes[offset] ^= 1 << (offset % 8)
      Self.readAll(bytes)
    }
  }

  @Test func `a .env file cut or changed anywhere is read or refused`() {
    for offset in Self.environmentFile.indices {
      Self.readAll(Array(Self.environmentFile[..<offset]))
      for bit in 0..<8 {
        var bytes = Self.environmentFile
        bytes[offset] ^= 1 << bit
        Self.readAll(bytes)
      }
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `random bytes and random words are read or refused`(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let words = [
      "services:", "volumes:", " ", "  ", "\n", "\n  ", "\n    ", "- ", "? ", ": ", "a", "&a ", "*a", "<<: ", "*a", "[", "]", "{", "}", ",",
      "\"", "'", "|", ">", "#",
      "!", "%", "@", "`", "~", "null", "${A", "}", "$", "\t", "---", "...", "\u{E000}", "é", "\u{0}", "=", "image: ", "x:/y", "include:",
      "env_file:",
    ]
    for _ in 0..<60 {
      Self.readAll(random.bytes(Int.random(in: 0...80, using: &random)))
      let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }.joined()
      Self.readAll(Array(text.utf8))
      Self.readAll(Array(("services:\n  a:\n    " + text).utf8))
    }
  }

  /// Each within `ComposeFile.maximumSize`.
  private static let hostile: [(name: String, text: String)] = {
    let count = 100_000
    func bomb(_ item: (Int) -> String) -> String { (1...40).map { "x\($0): &a\($0) \(item($0 - 1))\n" }.joined() }
    return [
      ("brackets", String(repeating: "[", count: count)),
      ("braces", String(repeating: "{", count: count)),
      ("braces with keys", String(repeating: "{a: ", count: count)),
      ("dashes", String(repeating: "- ", count: count)),
      ("questions", String(repeating: "? ", count: count)),
      ("quoted brackets", "services: " + String(repeating: "[\"]\", ", count: count / 2)),
      ("levels", (0..<900).map { String(repeating: " ", count: $0) + "a:\n" }.joined()),
      ("900 brackets", "services: {a: {volumes: " + String(repeating: "[", count: 900) + String(repeating: "]", count: 900) + "}}"),
      ("900 keys in keys", "services: {" + String(repeating: "? {", count: 900) + String(repeating: "}", count: 900) + "}"),
      ("lists of lists", "x0: &a0 [x]\n" + bomb { "[*a\($0), *a\($0), *a\($0)]" } + "services: {a: {volumes: *a40, env_file: *a40}}\n"),
      ("merges of merges", "x0: &a0 {image: x}\n" + bomb { "{<<: [*a\($0), *a\($0), *a\($0)]}" } + "services: {a: *a40}\n"),
      ("keys that are lists of lists", "x0: &a0 [x]\n" + bomb { "[*a\($0), *a\($0)]" } + "? *a40\n: x\nservices: {}\n"),
      (
        "a chain of anchors", "x0: &a0 [x]\n" + (1...15_000).map { "x\($0): &a\($0) [*a\($0 - 1)]\n" }.joined() + "services: {a: *a15000}\n"
      ),
      (
        "a chain of merges",
        "x0: &a0 {image: x}\n" + (1...12_000).map { "x\($0): &a\($0) {<<: *a\($0 - 1)}\n" }.joined() + "services: {a: *a12000}\n"
      ),
      (
        "one mount shown often",
        "x: &v [\(String(repeating: "x:/y,", count: 20_000))]\nservices:\n"
          + (0..<10_000).map { " s\($0): {volumes: *v}\n" }.joined()
      ),
      (
        "one long text shown often",
        "x: &i \(String(repeating: "y", count: 100_000))\nservices:\n" + (0..<15_000).map { " s\($0): {image: *i}\n" }.joined()
      ),
      (
        "many volumes, many services",
        "services:\n" + (0..<8000).map { " s\($0): {volumes: [v\($0):/x]}\n" }.joined() + "volumes:\n"
          + (0..<8000).map { " v\($0):\n" }.joined()
      ),
      ("many variables", "services: {a: {image: " + (0..<40_000).map { "$V\($0)" }.joined() + "}}\n"),
    ]
  }()

  @Test(arguments: hostile.indices)
  func `a hostile compose file ends soon`(_ index: Int) {
    let (name, text) = Self.hostile[index]
    #expect(text.utf8.count <= ComposeFile.maximumSize, "\(name)")

    let time = ContinuousClock().measure { Self.readAll(Array(text.utf8)) }

    #expect(time < .seconds(20), "\(name)")
  }

  @Test func `a bomb of aliases is told as one`() {
    let text = Self.hostile.first { $0.name == "merges of merges" }?.text ?? ""

    #expect(throws: ComposeFileError.self) { try ComposeFile(bytes: Array(text.utf8)) { _ in nil } }
  }

  @Test func `a file larger than any is not read`() {
    let bytes = [UInt8](repeating: UInt8(ascii: "#"), count: ComposeFile.maximumSize + 1)

    #expect(throws: ComposeFileError(kind: .tooLarge, line: nil)) { try ComposeFile(bytes: bytes) { _ in nil } }
  }
}
