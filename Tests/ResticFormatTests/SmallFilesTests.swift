import Primitives
import Testing

import ResticFormat

/// Snapshots, locks, config and keys.
struct SmallFilesTests {
  private let snapshot = Snapshot(
    time: Timestamp(seconds: 1_700_000_000, nanoseconds: 5, offsetSeconds: 19_800), parent: ContentID(hashing: [1]),
    tree: ContentID(hashing: [2]), paths: ["/a", "/b \"c\""], hostname: "host", username: "me", userID: 5, groupID: 6, tags: ["x", "<y>"],
    original: ContentID(hashing: [3]), programVersion: "akiba 1")
  private let quick = ScryptParameters(n: 16, r: 1, p: 1)

  @Test func `a snapshot reads back, whatever fields others add`() throws {
    #expect(try Snapshot.decode(snapshot.encode()) == snapshot)
    let text = String(decoding: snapshot.encode(), as: UTF8.self)
    let more = text.replacing("{\"time\"", with: #"{"summary":{"files_new":[1.5e3,{"a":null}],"x":true},"time""#)
    #expect(try Snapshot.decode(Array(more.utf8)) == snapshot)
    expectNoTrap(snapshot.encode()) { _ = try Snapshot.decode($0) }
  }

  @Test func `a lock reads back`() throws {
    let lock = LockFile(
      time: Timestamp(seconds: 1, offsetSeconds: 3600), isExclusive: true, hostname: "h", username: "u", processID: 77, userID: 1,
      groupID: 2)

    #expect(try LockFile.decode(lock.encode()) == lock)
    expectNoTrap(lock.encode()) { _ = try LockFile.decode($0) }
  }

  @Test func `a config reads back, and other versions are named`() throws {
    let config = ConfigFile(random: .system)
    let text = String(decoding: config.encode(), as: UTF8.self)

    #expect(try ConfigFile.decode(config.encode()) == config)
    let old = #expect(throws: FormatError.self) {
      try ConfigFile.decode(Array(text.replacing("\"version\":2", with: "\"version\":1").utf8))
    }
    #expect(old?.kind == .unsupported)
    #expect(old?.summary == "is of version 1; this program works with version 2")
    #expect(old?.hints.first?.contains("restic migrate upgrade_repo_v2") == true)
    expectNoTrap(config.encode()) { _ = try ConfigFile.decode($0) }
  }

  @Test func `sealed JSON opens compressed or plain`() throws {
    let key = SealingKey(random: .system)
    let compression = Compression()
    let json = snapshot.encode() + snapshot.encode()

    let file = UnpackedFile.seal(json, with: key, compression: compression, random: .system)

    #expect(try key.unseal(file).first == 2)
    #expect(try UnpackedFile.unseal(file, with: key, compression: compression) == json)
    #expect(try UnpackedFile.unseal(key.seal(json, random: .system), with: key, compression: compression) == json)
    for content: [UInt8] in [[], [2], [3, 1], [2, 0x28, 0xB5, 0x2F, 0xFD]] {
      #expect(throws: FormatError.self) {
        try UnpackedFile.unseal(key.seal(content, random: .system), with: key, compression: compression)
      }
    }
  }

  @Test func `a key file opens with its password only, and tells no secret`() throws {
    let master = SealingKey(random: .system)
    let file = try KeyFile(
      sealing: master, password: "pässword", created: Timestamp(seconds: 1), username: "u", hostname: "h", parameters: quick,
      random: .system)

    let read = try KeyFile.decode(file.encode())

    #expect(read == file)
    #expect(try read.open(password: "pässword") == master)
    let error = #expect(throws: FormatError.self) { try read.open(password: "wrong") }
    #expect(error?.kind == .authentication)
    #expect("\(error!)".contains("wrong") == false)  // thrown, or the line above failed
  }

  @Test func `no damage of a key file traps`() throws {
    let file = try KeyFile(
      sealing: SealingKey(random: .system), password: "p", created: Timestamp(seconds: 1), username: "u", hostname: "h",
      parameters: quick, random: .system)

    expectNoTrap(file.encode()) {
      let key = try KeyFile.decode($0)
      if key.parameters == quick { _ = try key.open(password: "p") }
    }
  }

  @Test(arguments: [
    (1 << 40, 8, 1), (1 << 20, 1024, 1), (3, 8, 1), (0, 8, 1), (-16, 8, 1), (16, 0, 1), (16, 1, 1 << 30), (16, Int.max, 1), (1, 1, 1),
  ])
  func `scrypt parameters of a hostile key file are refused at once`(n: Int, r: Int, p: Int) {
    #expect(throws: FormatError.self) { try ScryptParameters(n: n, r: r, p: p).key(password: "x", salt: [1]) }
  }

  /// RFC 7914, section 12.
  @Test func `scrypt gives the published key`() throws {
    let key = try ScryptParameters(n: 1024, r: 8, p: 16).key(password: "password", salt: Array("NaCl".utf8))

    #expect(
      key
        == SealingKey(
          bytes: hexBytes(
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
              + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640")))
  }
}
