import Foundation
import Primitives
import Remotes
import Stores
import SystemPackage
import TestSupport
import Testing

/// What goes wrong with real servers, and what is said then.
@Suite(.serialized) struct S3FailureTests {
  private static let secrets = ["akiba+test/secret=1", "reader+secret/2=", "nobody-may-see-this"]

  /// Every verb says the same.
  private func expect(
    _ kind: StoreError.Kind, _ says: String, of store: S3Store, sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    let name = pack([1, 2, 3])
    let verbs: [(String, () async throws -> Void)] = [
      ("createLayout", { try await store.createLayout() }), ("put", { try await store.put([1, 2, 3], as: name) }),
      ("bytes", { _ = try await store.bytes(of: name, in: 0..<2) }), ("names", { _ = try await store.names(of: .pack) }),
      ("size", { _ = try await store.size(of: name) }), ("remove", { try await store.remove(name) }),
      ("traits", { _ = try await store.traits(trying: [1]) }),
    ]
    for (verb, body) in verbs {
      let error = await #expect(throws: StoreError.self, "\(verb)", sourceLocation: sourceLocation) { try await body() }
      // HEAD has no body that could tell a missing bucket from a missing object.
      if kind == .noSuchPlace, error?.kind == .notFound, ["size", "remove"].contains(verb) { continue }
      #expect(error?.kind == kind, "\(verb): \(String(describing: error))", sourceLocation: sourceLocation)
      #expect(error?.description.contains(says) == true, "\(verb): \(String(describing: error))", sourceLocation: sourceLocation)
      for secret in Self.secrets { #expect(error?.description.contains(secret) == false, sourceLocation: sourceLocation) }
    }
  }

  private func credentials(_ server: S3Server, key: String? = nil, secret: String? = nil, token: String? = nil) throws -> S3Credentials {
    let usual = try server.credentials()
    return S3Credentials(accessKey: key ?? usual.accessKey, secretKey: secret ?? usual.secretKey, sessionToken: token)
  }

  @Test(arguments: S3Server.allCases)
  func `a wrong secret`(_ server: S3Server) async throws {
    let wrong = try credentials(server, secret: "nobody-may-see-this")
    await expect(
      .denied, "hint: the secret does not belong to access key 'AKIBATESTKEY': copy it again", of: try server.store(credentials: wrong))
  }

  @Test(arguments: S3Server.allCases)
  func `an unknown access key`(_ server: S3Server) async throws {
    await expect(
      .denied, "does not know access key 'STRANGER'", of: try server.store(credentials: try credentials(server, key: "STRANGER")))
  }

  @Test(arguments: S3Server.allCases)
  func `a bucket that is not there`(_ server: S3Server) async throws {
    await expect(.noSuchPlace, "there is no bucket 'nowhere'\nhint: create the bucket 'nowhere'", of: try server.store(bucket: "nowhere"))
  }

  @Test(arguments: S3Server.allCases, [-20 * 60, 20 * 60 + 30])
  func `a clock that is wrong`(_ server: S3Server, _ difference: Int) async throws {
    let store = try server.store(now: { S3Server.now() + difference })
    await expect(.denied, "minutes \(difference < 0 ? "behind" : "ahead of") the server's\nhint: set this host's clock", of: store)
    let error = await #expect(throws: StoreError.self) { try await store.names(of: .pack) }
    #expect(
      error?.summary.contains(" 20 minutes ") == true || error?.summary.contains(" 19 minutes ") == true, "\(String(describing: error))")
  }

  @Test func `a session token that the server does not accept`() async throws {
    let store = try S3Server.gateway.store(credentials: try credentials(.gateway, token: "nobody-may-see-this"))
    await expect(.denied, "hint: renew the session token where the credentials come from", of: store)
  }

  @Test func `an access key that may only read`() async throws {
    let seaweed = try SharedS3.seaweed()
    let (prefix, bytes) = (UUID().uuidString, [UInt8]("there".utf8))
    try await S3Server.seaweed.store(prefix: prefix).put(bytes, as: pack(bytes))
    let reader = try S3Server.seaweed.store(
      prefix: prefix, credentials: S3Credentials(accessKey: seaweed.readerAccessKey, secretKey: seaweed.readerSecret))

    #expect(try await reader.bytes(of: pack(bytes)) == bytes)
    for body in [{ try await reader.put([1], as: pack([1])) }, { try await reader.remove(pack(bytes)) }] {
      let error = await #expect(throws: StoreError.self) { try await body() }
      #expect(error?.kind == .denied)
      #expect(error?.hints == ["allow access key 'AKIBAREADER' to list bucket 'tests', and to get, put and delete its objects"])
    }
  }

  @Test func `a body that changes on its way is noticed`() async throws {
    // The stricter server compares it with what was signed; the other compares Content-MD5.
    for server in S3Server.allCases {
      let error = #expect(throws: (any Error).self) {
        try server.admin().send("PUT", "/\(SharedS3.bucket)/changed", body: "b", headers: ["content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="])
      }
      #expect("\(String(describing: error))".contains("BadDigest"), "\(String(describing: error))")
    }
  }

  @Test func `nobody listens`() async throws {
    let server = try JuiceFSGateway()
    try server.makeBucket("bucket")
    let store = S3Store(
      try S3Place(server.endpoint + "/bucket"), credentials: .given(S3Credentials(accessKey: server.accessKey, secretKey: server.secret)),
      now: S3Server.now)
    try await store.createLayout()

    server.stop()

    await expect(.unreachable, "Connection refused", of: store)
  }

  @Test func `a full disk`() async throws {
    let server = try JuiceFSGateway(mostFiles: 60)
    try server.makeBucket("bucket")
    let store = S3Store(
      try S3Place(server.endpoint + "/bucket"), credentials: .given(S3Credentials(accessKey: server.accessKey, secretKey: server.secret)),
      now: S3Server.now)

    // Indexes lie in one folder: where JuiceFS cannot make a folder for a pack, it says one time out of many "no such file" instead of "full".
    let error = await #expect(throws: StoreError.self) {
      for number in UInt8(0)..<100 { try await store.put([number], as: .index(ContentID(hashing: [number]))) }
    }

    #expect(error?.kind == .full, "\(String(describing: error))")
    #expect(error?.hints.first?.contains("free some space there") == true)
  }

  @Test func `TLS with an authority of one's own is trusted only by its file`() async throws {
    let server = try SharedS3.seaweed()
    let place = try S3Place("\(server.secureEndpoint)/\(SharedS3.bucket)/\(UUID().uuidString)")
    func store(ca: String?) throws -> S3Store {
      let options = HTTPClient.Options(caFile: ca.map { FilePath($0) })
      return S3Store(place, credentials: .given(try S3Server.seaweed.credentials()), connection: options, now: S3Server.now)
    }

    await expect(.untrusted, "name that authority's file as the location's 'ca'", of: try store(ca: nil))
    let trusting = try store(ca: server.authority)
    try await trusting.put([1], as: pack([1]))
    #expect(try await trusting.bytes(of: pack([1])) == [1])
  }

  @Test func `a stopped server is unreachable, and has everything when it is back`() async throws {
    let server = try SeaweedS3()
    try server.makeBucket("bucket")
    let store = S3Store(
      try S3Place(server.endpoint + "/bucket/p"), credentials: .given(S3Credentials(accessKey: server.accessKey, secretKey: server.secret)),
      now: S3Server.now)
    let bytes = [UInt8](repeating: 7, count: 100_000)
    try await store.put(bytes, as: pack(bytes))

    server.stop()
    await expect(.unreachable, "Connection refused", of: store)
    try server.restart()

    #expect(try await store.bytes(of: pack(bytes)) == bytes)
    try await store.put([1], as: pack([1]))
  }
}
