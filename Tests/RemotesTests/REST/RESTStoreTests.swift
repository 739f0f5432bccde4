import Foundation
import Primitives
import Remotes
import StoreTesting
import Stores
import SystemPackage
import TestSupport
import Testing

/// Against `rclone serve restic`.
struct RESTStoreTests {
  private static let login = RcloneRESTServer.Login(user: "clinic", password: "pass:word ünd $ \" more")
  private static let pack = ObjectName.pack(ContentID(hashing: [1, 2, 3]))

  private func credentials(_ login: RcloneRESTServer.Login) throws -> RESTCredentials {
    try RESTCredentials(user: login.user, password: login.password)
  }

  @Test func `a REST server keeps the contract`() async throws {
    let server = try RcloneRESTServer()
    try await expectStoreContract { try RESTStore(server.address + "some/repo") }

    #expect(FileManager.default.fileExists(atPath: server.folder + "/some/repo/config"), "where restic looks for it")
  }

  @Test func `over TLS and with a password it keeps the contract too`() async throws {
    let server = try RcloneRESTServer(login: Self.login, isSecure: true)
    let options = HTTPClient.Options(caFile: server.caFile.map { FilePath($0) })

    try await expectStoreContract { try RESTStore(server.address + "repo/", credentials: credentials(Self.login), options: options) }
  }

  @Test func `with any call failing once, before or after doing it, it keeps the contract`() async throws {
    let server = try RcloneRESTServer()
    var count = 0
    try await expectStoreSurvivesFaults {
      count += 1
      return try RESTStore(server.address + "repo\(count)/")
    }
  }

  @Test(arguments: [false, true])
  func `slow lines and cut ones are survived`(_ isSecure: Bool) async throws {
    let server = try RcloneRESTServer(isSecure: isSecure)
    let options = HTTPClient.Options(stallTimeout: .seconds(5), caFile: server.caFile.map { FilePath($0) })

    // rclone writes a local folder in place, and on a busy machine an upload that dies late still removes what came after it (docs/stores.md).
    try await expectStoreSurvivesCutLines(to: server.port, showsParts: true, cutsUploads: false, cuts: isSecure ? 6 : 12) { port in
      try RESTStore(server.address(through: port) + "repo/", options: options)
    }
  }

  @Test func `an upload that the server still takes for alive does not undo the one that succeeded`() async throws {
    let server = try RcloneRESTServer()
    // The first connection is late: the client gives up, and a second later the server hears that nobody is there.
    let proxy = try CuttingProxy(to: server.port) { $0 == 0 ? .init(closeAfterSent: 380_000, delay: .milliseconds(250)) : .good }
    let store = RetryingStore(
      try RESTStore(server.address(through: proxy.port) + "repo/", options: .init(stallTimeout: .milliseconds(600))),
      patience: Patience(total: .seconds(300), firstPause: .milliseconds(20), longestPause: .milliseconds(200)))
    let bytes = [UInt8](repeating: 5, count: 400_000)

    try await store.put(bytes, as: Self.pack)
    try await Task.sleep(for: .seconds(3))

    #expect(try await RESTStore(server.address + "repo/").bytes(of: Self.pack, in: nil) == bytes)
  }

  @Test func `a server that comes back is used again`() async throws {
    let server = try RcloneRESTServer()
    let plain = try RESTStore(server.address + "repo/")
    let store = RetryingStore(plain, patience: Patience(firstPause: .milliseconds(10)), onRetry: { _, _ in try? server.restart() })
    try await store.put([1, 2, 3], as: Self.pack)
    server.stop()

    let away = await #expect(throws: StoreError.self) { try await plain.size(of: Self.pack) }
    #expect(away?.kind == .unreachable)
    #expect(try await store.bytes(of: Self.pack, in: nil) == [1, 2, 3])
  }

  // MARK: Append-only

  @Test func `an append-only server is recognised by trying, with nothing left behind, and keeps what is stored`() async throws {
    let server = try RcloneRESTServer(isAppendOnly: true)
    let store = try RESTStore(server.address + "repo/")
    try await store.createLayout()
    try await store.put([1, 2, 3], as: Self.pack)

    let traits = try await store.traits(trying: [7])

    #expect(traits.isProtected && traits.removal == .refused && traits.overwriting == .refused)
    #expect(traits.readsWhatWasPut && traits.listsWhatWasPut)
    #expect(traits.remark == "append-only: locks can be removed, nothing else")
    for kind in ObjectName.Kind.allCases {
      #expect(try await store.names(of: kind) == (kind == .pack ? [StoredObject(name: Self.pack, byteCount: 3)] : []))
    }
    let removing = await #expect(throws: StoreError.self) { try await store.remove(Self.pack) }
    #expect(removing?.kind == .denied)
    #expect(removing?.summary.hasSuffix("the server keeps what is stored: it is append-only (403)") == true)
    let replacing = await #expect(throws: StoreError.self) { try await store.put([1, 2], as: Self.pack) }
    #expect(replacing?.kind == .denied)
    #expect(try await store.bytes(of: Self.pack, in: nil) == [1, 2, 3])
    try await store.put([5], as: .lock(ContentID(hashing: [5])))
    try await store.remove(.lock(ContentID(hashing: [5])))
  }

  // MARK: What goes wrong

  @Test func `a wrong password, none, and one in the address are told apart, and never shown`() async throws {
    let server = try RcloneRESTServer(login: Self.login)
    let wrong = try RESTStore(
      server.address + "repo/", credentials: RESTCredentials(user: "clinic", password: "secret-of-mine"))
    let none = try RESTStore(server.address + "repo/")

    let refused = await #expect(throws: StoreError.self) { try await wrong.createLayout() }
    let asked = await #expect(throws: StoreError.self) { try await none.names(of: .pack) }
    let inAddress = #expect(throws: StoreError.self) { try RESTStore("rest:http://clinic:secret-of-mine@127.0.0.1:1/") }

    #expect(refused?.kind == .denied)
    #expect(refused?.summary.contains("the server refuses this user with this password (401)") == true)
    #expect(asked?.kind == .denied)
    #expect(asked?.summary.contains("the server asks for a user and a password (401)") == true)
    #expect(inAddress?.summary == "the address 'rest:http://127.0.0.1:1/' was given with a user or password in it")
    for error in [refused, asked, inAddress] { #expect(error?.description.contains("secret") == false) }
    let shown = "\(wrong)" + String(reflecting: try credentials(Self.login))
    #expect(!shown.contains("secret") && !shown.contains("word"))
  }

  @Test func `a certificate that nobody vouches for is not trusted, and the hint names the setting`() async throws {
    let server = try RcloneRESTServer(isSecure: true)
    let other = try TestAuthority()
    for caFile in [nil, FilePath(other.authorityFile)] {
      let store = try RESTStore(server.address + "repo/", options: .init(caFile: caFile))
      let error = await #expect(throws: StoreError.self) { try await store.createLayout() }

      #expect(error?.kind == .untrusted)
      #expect(error?.hints.first?.contains("'ca'") == true, "\(String(describing: error))")
    }
    let plain = try RESTStore(server.address.replacing("https:", with: "http:"))
    let spoken = await #expect(throws: StoreError.self) { try await plain.createLayout() }
    #expect(spoken?.hints == ["does it speak https? then the address begins with rest:https://"])
  }

  @Test func `nobody there is unreachable`() async throws {
    let store = try RESTStore("rest:http://127.0.0.1:\(LoopbackPort.free())/")

    let error = await #expect(throws: StoreError.self) { try await store.put([1], as: Self.pack) }

    #expect(error?.kind == .unreachable)
    #expect(error?.summary.contains("Connection refused") == true)
  }

  @Test func `a server that speaks no TLS is unreachable by it, not distrusted`() async throws {
    let server = try RcloneRESTServer()
    let store = try RESTStore(server.address.replacing("http:", with: "https:"))

    let error = await #expect(throws: StoreError.self) { try await store.createLayout() }

    #expect(error?.kind == .unreachable)
    #expect(error?.hints.first == "does it speak https there?")
  }

  @Test func `a server with a full disk fails, and takes the same object again once there is room`() async throws {
    try #require(getuid() == 0, "mounting a small tmpfs needs root: run the tests as root, as CI does")
    let server = try RcloneRESTServer()
    try #require(mount("tmpfs", server.folder, "tmpfs", 0, "size=1m") == 0)
    defer { umount2(server.folder, Int32(MNT_DETACH)) }
    let store = try RESTStore(server.address + "repo/")
    try await store.createLayout()
    let small = ObjectName.pack(ContentID(hashing: [9]))
    try await store.put([UInt8](repeating: 9, count: 600_000), as: small)

    let large = [UInt8](repeating: 7, count: 700_000)
    let error = await #expect(throws: StoreError.self) { try await store.put(large, as: Self.pack) }

    // rclone has no other word for it than 500.
    #expect(error?.kind == .unreachable)
    #expect(error?.hints.first?.contains("when its disk is full") == true, "\(String(describing: error))")
    // What rclone leaves of the failed one is empty.
    #expect(try await store.names(of: .pack).filter { $0.byteCount > 0 }.map(\.name) == [small])
    try await store.remove(small)
    try await store.put(large, as: Self.pack)
    #expect(try await store.bytes(of: Self.pack, in: nil) == large)
  }
}
