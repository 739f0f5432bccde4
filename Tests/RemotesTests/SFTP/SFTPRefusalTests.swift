import Foundation
import Primitives
import Stores
import TestSupport
import Testing

import Remotes

/// What goes wrong for good, and is said at once.
struct SFTPRefusalTests {
  private let server: SSHServer

  init() throws { server = try .shared() }

  private func error(_ options: String..., host: String? = nil, port: UInt16? = nil) async throws -> StoreError {
    let store = try server.store(host: host, port: port, options: options)
    return try #require(try await storeError { try await store.createLayout() })
  }

  @Test func `a wrong host key is not trusted`() async throws {
    let known = try TemporaryFolder()
    let foreign = try String(contentsOfFile: server.foreignKey + ".pub", encoding: .utf8)
    try "akiba-sftp \(foreign)".write(toFile: known.path("known_hosts"), atomically: true, encoding: .utf8)

    let error = try await error("UserKnownHostsFile=\(known.path("known_hosts"))")

    #expect(error.kind == .untrusted)
    #expect(error.summary == "SFTP server 'akiba-sftp' shows another host key than the one this user's ssh knows")
    #expect(error.hints.contains { $0.contains("ssh-keygen -lf") })
    #expect(error.hints.contains { $0.contains("ssh-keygen -R akiba-sftp") })
  }

  @Test(arguments: ["yes", "ask"])
  func `an unknown host key is not trusted, and nobody is asked`(_ checking: String) async throws {
    let error = try await error("UserKnownHostsFile=/dev/null", "StrictHostKeyChecking=\(checking)")

    #expect(error.kind == .untrusted)
    #expect(error.summary == "the host key of SFTP server 'akiba-sftp' is not known to this user's ssh")
    #expect(error.hints.contains { $0.contains("ssh-keyscan akiba-sftp") })
  }

  @Test func `a key that is not let in is a refused login`() async throws {
    let error = try await error("IdentityFile=\(server.foreignKey)", host: server.keylessHost)

    #expect(error.kind == .denied)
    #expect(error.summary.contains("refuses the login"), "\(error)")
    #expect(error.hints.contains { $0.contains("BatchMode=yes") })
  }

  @Test func `a host without a name, and one that refuses, may be there later`() async throws {
    let unknown = try await error("HostName=nowhere.invalid")
    let refused = try await error(port: try LoopbackPort.free())

    #expect(unknown.kind == .unreachable)
    #expect(unknown.summary.contains("resolve"), "\(unknown)")
    #expect(refused.kind == .unreachable)
    #expect(refused.summary.contains("Connection refused"), "\(refused)")
  }

  @Test func `a server without SFTP is named as one`() async throws {
    let bare = try SSHServer(sftp: nil)

    let error = try #require(try await storeError { try await bare.store().createLayout() })

    #expect(error.kind == .other)
    #expect(error.summary == "SFTP server 'akiba-sftp' lets in, but offers no SFTP")
    #expect(error.hints.first?.contains("Subsystem sftp") == true)
  }

  @Test func `a mistake in ssh's configuration, and no ssh at all, are said`() async throws {
    let mistaken = try await error("Nonsense=yes")
    let place = try SFTPPlace(parsing: "sftp:host:/f")
    let missing = try #require(
      try await storeError { try await SFTPStore(place, environment: ["PATH": "/nonexistent"]).createLayout() })

    #expect(mistaken.kind == .other)
    #expect(mistaken.summary.contains("Bad configuration option"), "\(mistaken)")
    #expect(missing.kind == .other)
    #expect(missing.summary == "store 'sftp:host:/f' needs the program 'ssh', which is not in PATH")
  }

  @Test func `text printed at login is told from SFTP`() async throws {
    let error = try await error("IdentityFile=\(server.talkingKey)", host: server.keylessHost)

    #expect(error.kind == .other)
    #expect(error.summary.contains("does not speak SFTP"), "\(error)")
    #expect(error.hints.first?.contains(".bashrc") == true)
  }

  // MARK: The folder

  @Test func `a folder of somebody else's is denied for every change`() async throws {
    let folder = server.freshFolder()
    let object = TestObject(byteCount: 100)
    let own = try server.store(folder)
    try await own.createLayout()
    try await own.put(object.bytes, as: object.name)
    try Program.run("/bin/chmod", ["-R", "a+rX", folder])
    let store = try server.store(folder, host: server.strangersHost)

    let making = try await storeError { try await server.store(folder + "/new", host: server.strangersHost).createLayout() }
    let writing = try await storeError { try await store.put([1], as: TestObject(byteCount: 1).name) }
    let removing = try await storeError { try await store.remove(object.name) }

    #expect(try await store.bytes(of: object.name) == object.bytes)
    #expect(making?.kind == .denied)
    #expect(writing?.kind == .denied)
    #expect(writing?.summary.hasSuffix("permission denied") == true)
    #expect(removing?.kind == .denied)
  }

  @Test func `a server that only reads denies every change`() async throws {
    let readOnly = try SSHServer(sftp: ["-R"])

    let error = try await storeError { try await readOnly.store().createLayout() }

    #expect(error?.kind == .denied)
  }

  @Test func `a folder that is gone is an error, not an empty repository, and is not made up`() async throws {
    let store = try server.store()
    let object = TestObject(byteCount: 3)

    let listing = try await storeError { _ = try await store.names(of: .pack) }
    let cleaning = try await storeError { _ = try await store.removeLeftovers(now: 0) }
    let writing = try await storeError { try await store.put(object.bytes, as: object.name) }
    let reading = try await storeError { _ = try await store.bytes(of: .config) }

    #expect([listing?.kind, cleaning?.kind, writing?.kind] == [.noSuchPlace, .noSuchPlace, .noSuchPlace])
    #expect(listing?.summary == "store '\(store.address)' has no folder '\(store.place.folder)'")
    #expect(listing?.hints.first?.contains("mounted") == true)
    #expect(reading?.kind == .notFound)
    #expect(!FileManager.default.fileExists(atPath: store.place.folder))
  }

  @Test func `a full disk is told as one, leaves nothing half-named, and takes objects again once there is room`() async throws {
    let small = try SSHServer(dataSize: 3 << 20)
    let store = try small.store(small.folder + "/repo")
    try await store.createLayout()
    var stored: [ObjectName: [UInt8]] = [:]

    var failure: StoreError?
    for number in 0..<100 where failure == nil {
      let object = TestObject(byteCount: 100_000, number)
      failure = try await storeError { try await store.put(object.bytes, as: object.name) }
      if failure == nil { stored[object.name] = object.bytes }
    }

    #expect(failure?.kind == .full, "\(String(describing: failure))")
    #expect(failure?.summary.hasSuffix("no space left on its disk") == true)
    #expect(Set(try await store.names(of: .pack).map(\.name)) == Set(stored.keys))
    for (name, bytes) in stored { #expect(try await store.bytes(of: name) == bytes) }
    try await store.remove(#require(stored.keys.first))
    let last = TestObject(byteCount: 100_000, 1000)
    try await store.put(last.bytes, as: last.name)
    #expect(try await store.removeLeftovers(now: .max) == 0, "no temporary file stays")

    // The same disk, mounted read-only.
    try #require(try Program.run("/bin/mount", ["-o", "remount,ro", small.folder]).status == 0)
    let readOnly = try await storeError { try await store.put([1], as: TestObject(byteCount: 1).name) }
    #expect(readOnly?.kind == .readOnly, "\(String(describing: readOnly))")
    #expect(try await store.bytes(of: last.name) == last.bytes)
  }
}
