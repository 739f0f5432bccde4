import Primitives
import TestSupport
import Testing

import ResticFormat

struct TreeTests {
  @Test func `nodes are ordered by the bytes of their names, and end with a newline`() throws {
    let tree = try Tree([file("b"), file("a-"), file("a"), file("ä"), file("B")])

    #expect(tree.nodes.map(\.displayName) == ["B", "a", "a-", "b", "ä"])
    #expect(tree.encode().last == 0x0A)
    #expect(try Tree.decode(tree.encode()) == tree)
  }

  @Test(arguments: ["", ".", "..", "a/b", "/", "a\0b"])
  func `names that would leave their folder are refused, written or read`(_ name: String) {
    #expect(throws: FormatError.self) { try Tree([file(name)]) }
    let json = String(decoding: (try? Tree([file("NAME")]).encode()) ?? [], as: UTF8.self)
    #expect(throws: FormatError.self) { try Tree.decode(Array(json.replacing("NAME", with: NodeName.quote(Array(name.utf8))).utf8)) }
  }

  @Test func `a name that comes twice is refused`() {
    #expect(throws: FormatError.self) { try Tree([file("a"), file("a")]) }
  }

  @Test func `all fields survive`() throws {
    var node = TreeNode(
      name: [0xFF, 0x22, 0x5C, 0x0A], kind: .symlink, mode: FileMode(unix: 0o124755), modified: Timestamp(seconds: -1, nanoseconds: 5),
      accessed: Timestamp(seconds: 1_700_000_000, offsetSeconds: -3600), changed: Timestamp(seconds: 0))
    node.userID = .max
    node.groupID = 7
    node.user = "<root> & \"co\""
    node.group = "wheel"
    node.inode = .max
    node.deviceID = 9
    node.size = 10
    node.links = 2
    node.linkTarget = [0x2F, 0xFF]
    node.attributes = [.init(name: "user.a", value: [0, 1, 255])]
    node.device = 11
    let tree = try Tree([node, .folder("sub", subtree: ContentID(hashing: []), modified: Timestamp(seconds: 1))])

    #expect(try Tree.decode(tree.encode()) == tree)
  }

  @Test func `a file always has a content list, a folder never`() throws {
    let text = String(decoding: try Tree([file("empty")]).encode(), as: UTF8.self)
    let folder = String(
      decoding: try Tree([.folder("f", subtree: ContentID(hashing: []), modified: Timestamp(seconds: 1))]).encode(), as: UTF8.self)

    #expect(text.contains(#""content":[]"#))
    #expect(folder.contains(#""content":null,"subtree":""#))
    #expect(throws: FormatError.self) { try Tree.decode(Array(text.replacing("[]}", with: "null}").utf8)) }
  }

  @Test func `what a tree names is found without its nodes`() throws {
    let ids = (0..<6).map { ContentID(hashing: [UInt8($0)]) }
    var link = TreeNode(name: Array("link".utf8), kind: .symlink, mode: FileMode(unix: 0o120777), modified: Timestamp(seconds: 1))
    link.linkTarget = Array(#"content":["#.utf8)
    let tree = try Tree([
      .file("a", content: [ids[0], ids[1]], size: 2, modified: Timestamp(seconds: 1)), link,
      .folder("b", subtree: ids[2], modified: Timestamp(seconds: 1)), .folder("c", subtree: ids[3], modified: Timestamp(seconds: 1)),
      .file("d\"", content: [], size: 0, modified: Timestamp(seconds: 1)),
      .file("e", content: [ids[4]], size: 1, modified: Timestamp(seconds: 1)),
    ])

    let references = try TreeReferences(tree.encode())

    #expect(references.content == [ids[0], ids[1], ids[4]] && references.subtrees == [ids[2], ids[3]])
    #expect(try TreeReferences(Array(#"{"nodes":null}"#.utf8)).content.isEmpty)
    expectNoTrap(tree.encode()) { _ = try TreeReferences($0) }
    for length in 0..<tree.encode().count - 2 {
      #expect(throws: FormatError.self) { try TreeReferences(Array(tree.encode().prefix(length))) }
    }
  }

  @Test func `no damage of a tree traps`() throws {
    let tree = try Tree([file("a\"\n"), .folder("f", subtree: ContentID(hashing: []), modified: Timestamp(seconds: 1))])

    expectNoTrap(tree.encode()) { _ = try Tree.decode($0) }
  }

  @Test(arguments: [
    ("plain", "plain"), ("tab\t", #"tab\t"#), ("q\"b\\", #"q\"b\\"#), ("\u{1}\u{7F}", #"\x01\x7f"#), ("\u{85}", #"\u0085"#),
    ("é 大 🦩", "é 大 🦩"), ("\u{200B}\u{A0}", #"\u200b\u00a0"#), ("\u{E0001}", #"\U000e0001"#), ("\u{7}\u{8}\u{C}\n\r\u{B}", #"\a\b\f\n\r\v"#),
  ])
  func `names are quoted as Go does it`(_ name: String, _ quoted: String) {
    #expect(NodeName.quote(Array(name.utf8)) == quoted)
    #expect(NodeName.unquote(quoted) == Array(name.utf8))
  }

  @Test func `any bytes make a name that comes back`() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededRandom(seed: seed)
    for _ in 0..<2000 {
      let name = random.bytes(Int.random(in: 0..<12, using: &random))
      #expect(NodeName.unquote(NodeName.quote(name)) == name, "seed \(seed): \(name)")
    }
  }

  @Test(arguments: [#"\"#, #"\x4"#, #"\xzz"#, #"\400"#, #"\u12"#, #"\ud800"#, #"\U00110000"#, #"\q"#, #"""#, "a\nb", #"\'"#])
  func `what Go does not unquote we do not either`(_ text: String) { #expect(NodeName.unquote(text) == nil) }

  @Test(arguments: [0o100644, 0o040755, 0o120777, 0o104755, 0o042755, 0o041777, 0o060660, 0o020620, 0o010600, 0o140755] as [UInt32])
  func `modes go to Go's bits and back`(_ mode: UInt32) { #expect(FileMode(unix: mode).unix == mode) }

  @Test func `Go's bits are where Go has them`() {
    #expect(FileMode(unix: 0o040755).goBits == 1 << 31 | 0o755)
    #expect(FileMode(unix: 0o120777).goBits == 1 << 27 | 0o777)
    #expect(FileMode(unix: 0o104755).goBits == 1 << 23 | 0o755)
    #expect(FileMode(unix: 0o041777).goBits == 1 << 31 | 1 << 20 | 0o777)
    #expect(FileMode(unix: 0o020600).goBits == 1 << 26 | 1 << 21 | 0o600)
  }

  private func file(_ name: String) -> TreeNode {
    .file(name, content: [], size: 0, modified: Timestamp(seconds: 1_700_000_000, nanoseconds: 120_000_000))
  }
}
