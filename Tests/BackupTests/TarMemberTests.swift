import Backup
import Foundation
import TestSupport
import Testing

/// Archives of ours, read by GNU tar.
struct TarMemberTests {
  struct Member: CustomTestStringConvertible {
    let path: String
    var size = 5
    var owner: UInt32 = 1000
    var modified = 1_700_000_000
    var link: String?

    var testDescription: String { "\(path.prefix(20))… of \(path.utf8.count) bytes, \(size) in it, owner \(owner), at \(modified)" }

    var kind: TarMember.Kind { link.map { .symlink(Array($0.utf8)) } ?? .file(size: size) }
    var header: [UInt8] { TarMember(path, kind, permissions: 0o640, owner: owner, group: owner, modified: modified).header }
  }

  /// Names of components that file systems take, together so long.
  private static func name(_ count: Int, of text: String = "n") -> String {
    String((String(repeating: String(repeating: text, count: 99) + "/", count: count / 100 + 1)).prefix(count - 1)) + "e"
  }

  static let members: [Member] =
    [1, 99, 100, 101, 254, 255, 256, 257, 1000, 3000].map { Member(path: name($0)) }
    + [0o77_777_777_777, 0o100_000_000_000, 80 << 30].map { Member(path: "large", size: $0) }
    + [0o7_777_777, 0o10_000_000, UInt32.max - 1].map { Member(path: "owned", owner: $0) }
    + [0, -1, -86_400 * 365 * 100, 0o77_777_777_777, 0o100_000_000_000].map { Member(path: "timed", modified: $0) }
    + ["ü", "日本", "a b", "line\nbreak", "back\\slash", "-rf", "\u{301}e"].map { Member(path: "odd/\($0)") }
    + [1, 100, 101, 2000].map { Member(path: "link", link: name($0, of: "l")) }

  @Test(arguments: members)
  func `GNU tar lists each member with its name, size, owner, time and target`(_ member: Member) throws {
    let folder = try TemporaryFolder()
    // A listing reads headers only: of a large file nothing has to follow but a hole.
    let archive = folder.url.appending(path: "archive.tar")
    try Data(member.header).write(to: archive)
    let size = member.link == nil ? member.size : 0
    truncate(archive.path, off_t(member.header.count + (size + 511) / 512 * 512 + 1024))

    let output = try Program.run(
      "/usr/bin/env",
      [
        "TZ=UTC", "LC_ALL=C.UTF-8", "tar", "--list", "--verbose", "--numeric-owner", "--full-time", "--quoting-style=literal", "--file",
        archive.path,
      ])

    #expect(output.status == 0 && output.standardError.isEmpty, "\(output.standardError)")
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withFullDate, .withTime, .withColonSeparatorInTime, .withSpaceBetweenDateAndTime]
    let time = formatter.string(from: Date(timeIntervalSince1970: Double(member.modified)))
    let mode = member.link == nil ? "-rw-r-----" : "lrw-r-----"
    let fields = output.text.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true).map(String.init)
    #expect(fields[0] == mode && fields[1] == "\(member.owner)/\(member.owner)" && fields[2] == "\(size)", "\(output.text)")
    #expect("\(fields[3]) \(fields[4])" == time, "\(output.text)")
    #expect(fields[5] == member.path + (member.link.map { " -> \($0)" } ?? "") + "\n")
  }

  @Test func `a header is whole blocks, whatever is in it`() {
    for member in Self.members { #expect(member.header.count % TarMember.blockSize == 0) }
  }
}
