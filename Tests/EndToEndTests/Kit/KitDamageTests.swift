import Foundation
import TestSupport
import Testing

/// A kit that is damaged, edited or from the future is refused with the line and what to do; nothing traps, and no secret is said.
struct KitDamageTests {
  /// A kit whose file is changed and read again.
  private final class Subject {
    let kit: MadeKit
    let text: [UInt8]
    let secret: String
    private let deployment: TestDeployment

    init() throws {
      deployment = try TestDeployment.growth()
      kit = try MadeKit(of: deployment)
      text = try [UInt8](Data(contentsOf: URL(filePath: "\(kit.path)/kit.yaml")))
      secret = try String(contentsOfFile: deployment.recoveryKey, encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    func read(_ bytes: some Sequence<UInt8>) throws -> Program.Output {
      let file = kit.folder.path("damaged.yaml")
      try Data(bytes).write(to: URL(filePath: file))
      return try kit.akiba(["snapshots", "--kit", file])
    }

    func read(replacing old: String, with new: String) throws -> Program.Output {
      let string = String(decoding: text, as: UTF8.self)
      try #require(string.contains(old))
      return try read(string.replacing(old, with: new).utf8)
    }

    func expectRefusal(_ output: Program.Output, _ what: String) {
      #expect(output.status == 1 && output.standardError.hasPrefix("error: "), "\(what): \(output.status) \(output.standardError)")
      #expect(output.standardError.contains("hint: "), "\(what): \(output.standardError)")
      #expect(!output.standardError.contains(secret), "\(what)")
    }
  }

  @Test func `cut anywhere, it is refused`() throws {
    let subject = try Subject()
    // Without its last line it is whole: somebody took the checksum away.
    let end = try #require(String(decoding: subject.text, as: UTF8.self).ranges(of: "checksum:").last).lowerBound
    let whole = String(decoding: subject.text, as: UTF8.self)[..<end].utf8.count
    for length in stride(from: 0, to: whole - 1, by: 9) {
      subject.expectRefusal(try subject.read(subject.text.prefix(length)), "\(length) bytes")
    }
    #expect(try subject.read(subject.text.prefix(whole)).status == 0)
  }

  @Test func `with a bit flipped, it is refused`() throws {
    let subject = try Subject()
    var random = SeededRandom(seed: 20)
    for _ in 0..<120 {
      var bytes = subject.text
      let position = Int(random.next() % UInt64(bytes.count))
      bytes[position] ^= 1 << UInt8(random.next() % 8)
      // A comment instead of the checksum's line: all else is as it was.
      if String(decoding: bytes, as: UTF8.self).contains("\n#hecksum") { continue }
      subject.expectRefusal(try subject.read(bytes), "byte \(position)")
    }
  }

  @Test func `what is wrong is said with its line and member`() throws {
    let subject = try Subject()
    let cases = [
      ("kit: 1", "kit: 2", ["line 3", "format 2", "a newer one"]), ("kit: 1", "kit: one", ["line 3", "number"]),
      ("kit: 1\n", "", ["'kit' is missing"]), ("made-by:", "colour:", ["unknown key 'colour'", "line 7"]),
      ("\nhost:", "\n  host:", ["not YAML", "line "]), ("path: /", "path: ", ["'path'", "absolute"]),
      ("repository: ", "repository: x", ["'repository'", "64 hexadecimal"]),
      (subject.secret, subject.secret.dropLast() + (subject.secret.hasSuffix("x") ? "y" : "x"), ["'recovery-key' does not fit"]),
      ("name: first", "name: other", ["checksum", "remove the line 'checksum'"]),
    ]
    for (old, new, words) in cases {
      let output = try subject.read(replacing: old, with: String(new))
      subject.expectRefusal(output, "\(old) → \(new)")
      for word in words { #expect(output.standardError.contains(word), "\(old) → \(new): \(output.standardError)") }
    }
    #expect(try subject.kit.akiba(["snapshots", "--kit", "/nowhere"]).standardError.contains("no kit in '/nowhere'"))
  }

  @Test func `edited and without its checksum, it is taken as it is`() throws {
    let subject = try Subject()
    let text = String(decoding: subject.text, as: UTF8.self).replacing("name: first", with: "name: other")
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("checksum:") }
    #expect(try subject.read((lines.joined(separator: "\n") + "\n").utf8).status == 0)
    let stranger = lines.map { $0.hasPrefix("repository:") ? "repository: \"\(String(repeating: "0", count: 64))\"" : String($0) }
    let output = try subject.read((stranger.joined(separator: "\n") + "\n").utf8)
    #expect(output.status == 1 && output.standardError.contains("another repository than the kit is for"), "\(output.standardError)")
  }
}
