import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

import Deployments

struct TarReaderTests {
  private struct Member: Equatable {
    var entry: TarEntry
    var body: [UInt8] = []
    var name: String { String(decoding: entry.name, as: UTF8.self) }
    var link: String { String(decoding: entry.link, as: UTF8.self) }
  }

  private func members(_ archive: [UInt8], pieces: Int = .max) throws -> [Member] {
    var reader = TarReader()
    var members: [Member] = []
    var rest = archive[...]
    while !rest.isEmpty {
      for event in try reader.take(Array(rest.prefix(pieces))) {
        switch event {
        case .entry(let entry): members.append(Member(entry: entry))
        case .content(let bytes): members[members.count - 1].body += bytes
        }
      }
      rest = rest.dropFirst(pieces)
    }
    try reader.finish()
    return members
  }

  /// A folder with all that a tar of certificates and credentials may hold.
  private func sample() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let long = String(repeating: "long-name-", count: 24)
    let script = """
      mkdir -p root/\(long)/\(long) root/empty; cd root
      printf hello >file; ln file hard; ln -s file soft; chown 12:3000000 file; chmod 4751 file
      ln -s \(long)/\(long) '\(long)-link'; head -c 3000 /dev/zero >zeros; printf x >'\(long)/\(long)/ünïcode'
      touch -d @1700000000.123456789 zeros; touch -d @-1.5 soft-time; mkfifo pipe; touch nothing
      """
    #expect(try Program.run("/bin/bash", ["-c", script], in: folder.path).status == 0)
    return folder
  }

  @Test(arguments: ["gnu", "posix", "oldgnu"], [Int.max, 1000, 7])
  func `what GNU tar wrote is read, whatever the pieces`(_ format: String, _ pieces: Int) throws {
    let folder = try sample()
    let output = try Program.run("/usr/bin/env", ["tar", "--format=\(format)", "--sort=name", "-cf", "-", "root"], in: folder.path)

    let members = try members(output.standardOutput, pieces: pieces)

    let names = try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }
    let read = members.map { $0.name.hasSuffix("/") ? String($0.name.dropLast()) : $0.name }
    #expect(Set(read) == Set(names))
    let file = try #require(members.first { $0.name == "root/file" })
    #expect(file.body == Array("hello".utf8))
    #expect(file.entry.mode == 0o4751 || geteuid() != 0)
    #expect(file.entry.owner == 12 || geteuid() != 0)
    #expect(file.entry.group == 3_000_000 || geteuid() != 0)
    let hard = try #require(members.first { $0.name == "root/hard" })
    #expect(hard.entry.kind == .hardLink)
    #expect(hard.link == "root/file")
    #expect(members.first { $0.name == "root/soft" }?.link == "file")
    #expect(members.first { $0.name.hasSuffix("-link") }?.link.hasSuffix("name-") == true)
    #expect(members.first { $0.name == "root/pipe" }?.entry.kind == .other)
    let zeros = try #require(members.first { $0.name == "root/zeros" })
    #expect(zeros.body == [UInt8](repeating: 0, count: 3000))
    #expect(zeros.entry.modified == FileTime(seconds: 1_700_000_000, nanoseconds: format == "posix" ? 123_456_789 : 0))
    let before = try #require(members.first { $0.name == "root/soft-time" })
    #expect(before.entry.modified == FileTime(seconds: -2, nanoseconds: format == "posix" ? 500_000_000 : 0))
  }

  @Test func `records override the header, for one member or for all`() throws {
    var tar = TarBuilder()
    tar.addRecords([("uid", "99"), ("SCHILY.xattr.user.x", "a=b\nc")], type: "g")
    tar.addRecords([("path", "a/b"), ("size", "3"), ("gid", "4000000000"), ("mtime", "5.5")])
    tar.add("other", body: [1, 2, 3], size: 0)
    tar.add("plain")

    let members = try members(tar.bytes + TarBuilder.end)

    #expect(members.map(\.name) == ["a/b", "plain"])
    #expect(members[0].body == [1, 2, 3])
    #expect(members[0].entry.group == 4_000_000_000)
    #expect(members[0].entry.modified == FileTime(seconds: 5, nanoseconds: 500_000_000))
    #expect(members[1].entry.group == 8)
    #expect(members.allSatisfy { $0.entry.owner == 99 })
  }

  @Test func `numbers too large for octal are read`() throws {
    var tar = TarBuilder()
    tar.add("x", owner: [0x80, 0, 0, 0, 0x80, 0, 0, 1])

    #expect(try members(tar.bytes + TarBuilder.end)[0].entry.owner == 0x8000_0001)
  }

  @Test func `the prefix of a name is put before it`() throws {
    var tar = TarBuilder()
    tar.add("file", prefix: "some/folder")

    #expect(try members(tar.bytes + TarBuilder.end)[0].name == "some/folder/file")
  }

  // MARK: Damage

  private func kind(_ archive: [UInt8]) -> ArchiveError.Kind? {
    do {
      _ = try members(archive)
      return nil
    } catch {
      return (error as? ArchiveError)?.kind
    }
  }

  private func rich() -> [UInt8] {
    var tar = TarBuilder()
    tar.add("private/", type: "5")
    tar.add("x", type: "L", body: Array("private/long\0".utf8))
    tar.add("private/short", body: [UInt8](repeating: 5, count: 700))
    tar.addRecords([("path", "private/pax"), ("mtime", "1.25"), ("size", "4")])
    tar.add("y", body: [1, 2, 3, 4])
    tar.add("private/soft", type: "2", link: "long")
    return tar.bytes + TarBuilder.end
  }

  @Test func `cut anywhere, it is no archive`() {
    let archive = rich()

    for length in 0..<archive.count { #expect(kind(Array(archive.prefix(length))) == .truncated, "cut to \(length)") }
    #expect(kind(archive) == nil)
  }

  @Test func `a flipped bit in a header is noticed`() throws {
    let archive = rich()
    let whole = try members(archive)

    // The first header, and the PAX header with its records.
    for offset in 0..<512 {
      for bit in 0..<8 {
        var damaged = archive
        damaged[offset] ^= 1 << UInt8(bit)
        let read = try? members(damaged)
        #expect(read == nil || read == whole, "bit \(bit) of byte \(offset)")
      }
    }
  }

  @Test func `a flipped bit never traps, wherever it is`() {
    let archive = rich()
    for offset in archive.indices {
      var damaged = archive
      damaged[offset] ^= 1 << UInt8(offset % 7)
      _ = try? members(damaged)
    }
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `random changes with right checksums never trap`(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<50 {
      var archive = rich()
      for _ in 0..<Int.random(in: 1...20, using: &random) {
        let offset = Int.random(in: archive.indices, using: &random)
        archive[offset] = [0, 0x20, 0x2d, 0x2e, 0x2f, 0x30, 0x37, 0x39, 0x3d, 0x78, 0x80, 0xff].randomElement(using: &random) ?? 0
      }
      for start in stride(from: 0, to: archive.count, by: 512) where archive[start + 257] == 0x75 { Self.mend(&archive, start) }
      var contents = ArchiveContents(largest: 10_000)
      _ = try? members(archive, pieces: Int.random(in: 1...2000, using: &random))
      try? contents.take(archive)
      try? contents.finish()
      #expect(contents.files.allSatisfy { !$0.path.components.contains(where: { $0.kind == .parentDirectory }) && $0.path.isRelative })
    }
  }

  /// Puts the right checksum into a header.
  private static func mend(_ archive: inout [UInt8], _ start: Int) {
    for index in 148..<156 { archive[start + index] = 32 }
    let sum = archive[start..<start + 512].reduce(0) { $0 + Int($1) }
    for (index, digit) in String(sum, radix: 8).utf8.enumerated() { archive[start + 148 + index] = digit }
  }

  @Test func `records that lie about their length are refused`() {
    for records in [
      "9 path=x\n", "7 path=x\n", "0 path=x\n", "99999999999999999999 path=x\n", "path=x\n", "9 pathxxx\n", " 9 path=x", "10 size=-1\n",
      "11 mtime=x\n",
    ] {
      var tar = TarBuilder()
      tar.add("x", type: "x", body: Array(records.utf8))
      tar.add("file")
      let expected: ArchiveError.Kind? = records == "9 path=x\n" ? nil : .damaged
      #expect(kind(tar.bytes + TarBuilder.end) == expected, "\(records)")
    }
  }

  @Test func `metadata is bounded, sparse files are refused`() {
    var huge = TarBuilder()
    huge.add("x", type: "L", size: TarReader.largestMetadata + 1)
    var sparse = TarBuilder()
    sparse.add("x", type: "S")
    var records = TarBuilder()
    records.addRecords([("GNU.sparse.major", "1")])

    #expect(kind(huge.bytes) == .damaged)
    #expect(kind(sparse.bytes) == .unsupported)
    #expect(kind(records.bytes) == .unsupported)
  }
}
