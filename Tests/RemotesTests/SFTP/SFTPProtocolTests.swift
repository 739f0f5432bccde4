import TestSupport
import Testing

import Remotes

/// Messages of a server, whole and damaged.
struct SFTPProtocolTests {
  private static func word(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
  private static func string(_ text: String) -> [UInt8] { word(text.utf8.count) + Array(text.utf8) }
  private static func framed(_ message: [UInt8]) -> [UInt8] { word(message.count) + message }

  private static let attributes =
    word(0x8000_000f) + word(0) + word(70_000) + word(1) + word(2) + word(0o100600) + word(5) + word(6)
    + word(1) + string("x@y") + string("z")
  private static let messages: [[UInt8]] = [
    [2] + word(3) + string("posix-rename@openssh.com") + string("1"),
    [101] + word(1) + word(2) + string("No such file"),
    [101] + word(1) + word(4),
    [102] + word(2) + string("\u{0}handle"),
    [103] + word(3) + string("some bytes"),
    [104] + word(4) + word(2) + string("a") + string("-rw a") + attributes + string("b") + string("") + word(0),
    [105] + word(5) + attributes,
    [201] + word(6) + word(0) + word(7),
  ]

  private static func samples() throws -> [(bytes: [UInt8], message: SFTPMessage)] {
    try messages.map { ($0, try SFTPMessage(parsing: $0[...])) }
  }

  @Test func `messages are read as they were written`() throws {
    let attributes = SFTPAttributes(size: 70_000, mode: 0o100600, modified: 6)
    let expected: [SFTPResponse] = [
      .version(3, extensions: ["posix-rename@openssh.com": "1"]), .status(.noSuchFile, message: "No such file"),
      .status(.failure, message: ""), .handle(Array("\u{0}handle".utf8)), .data(Array("some bytes".utf8)),
      .names([SFTPEntry(name: "a", attributes: attributes), SFTPEntry(name: "b", attributes: SFTPAttributes())]),
      .attributes(attributes), .extended([0, 0, 0, 0, 0, 0, 0, 7]),
    ]

    #expect(try Self.samples().map(\.message.response) == expected)
    #expect(try Self.samples().map(\.message.id) == [nil, 1, 1, 2, 3, 4, 5, 6])
  }

  @Test func `messages are found however their bytes come in`() throws {
    let samples = try Self.samples()
    let stream = samples.flatMap { Self.framed($0.bytes) }
    for size in 1...stream.count {
      var frames = SFTPFrames()
      var found: [SFTPMessage] = []
      for start in stride(from: 0, to: stream.count, by: size) {
        _ = Self.fill(&frames, stream[start..<min(start + size, stream.count)])
        while let message = try frames.next() { found.append(message) }
      }
      #expect(found == samples.map(\.message))
    }
  }

  @Test func `messages of the largest size follow each other without end`() throws {
    let message =
      [103] + Self.word(1) + Self.word(SFTPFrames.largestMessage - 9) + [UInt8](repeating: 5, count: SFTPFrames.largestMessage - 9)
    var rest = ArraySlice([[UInt8]](repeating: Self.framed(message), count: 5).joined())
    var frames = SFTPFrames()
    var found = 0

    while !rest.isEmpty {
      rest = rest.dropFirst(Self.fill(&frames, rest.prefix(100_000)))
      while try frames.next() != nil { found += 1 }
    }

    #expect(found == 5)
  }

  @Test(arguments: [SFTPFrames.largestMessage + 1, 0x5368_656c, 0xffff_ffff])
  func `a message that is too long is refused before it comes`(_ length: Int) {
    var frames = SFTPFrames()
    _ = Self.fill(&frames, Self.word(length)[...])

    let error = #expect(throws: SFTPMalformed.self) { try frames.next() }

    #expect(error?.reason == "a message of \(length) bytes is too long")
  }

  @Test func `a message cut short is an error, never a trap`() throws {
    for (bytes, message) in try Self.samples() {
      for end in 0..<bytes.count {
        // What is cut between two fields of an answer without a fixed end is a shorter one.
        if let cut = try? SFTPMessage(parsing: bytes[..<end]) { #expect(cut != message) }
      }
    }
    #expect(throws: SFTPMalformed.self) { try SFTPMessage(parsing: []) }
    #expect(throws: SFTPMalformed.self) { try SFTPMessage(parsing: [99, 0, 0, 0, 0]) }
  }

  @Test func `flipped bits and random bytes never trap`() throws {
    for bytes in Self.messages {
      for bit in 0..<bytes.count * 8 {
        var damaged = bytes
        damaged[bit / 8] ^= 1 << (bit % 8)
        _ = try? SFTPMessage(parsing: damaged[...])
      }
    }
    var random = SeededRandom(seed: 20_260_704)
    for _ in 0..<20_000 {
      var bytes = Self.messages[Int(random.next() % 8)]
      for _ in 0...random.next() % 4 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
      var frames = SFTPFrames()
      _ = Self.fill(&frames, Self.framed(bytes)[...])
      _ = try? frames.next()
      var features = SFTPFeatures(extensions: [:])
      try? features.take(limits: random.bytes(Int(random.next() % 40)))
      #expect((1...SFTPFeatures.largestChunk).contains(features.chunkSize))
    }
  }

  private static func fill(_ frames: inout SFTPFrames, _ bytes: ArraySlice<UInt8>) -> Int {
    frames.fill { room in
      room.copyBytes(from: bytes.prefix(room.count))
      return min(bytes.count, room.count)
    }
  }
}
