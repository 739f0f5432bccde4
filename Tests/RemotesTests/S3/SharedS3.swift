import Foundation
import Primitives
import Remotes
import Stores
import Synchronization
import TestSupport

/// Servers that tests share, as each takes its time to start. Every test has a prefix of its own.
enum SharedS3 {
  static let bucket = "tests"
  static let lockedBucket = "locked"

  private static let seaweedServer = Mutex<SeaweedS3?>(nil)
  private static let gatewayServer = Mutex<JuiceFSGateway?>(nil)

  static func seaweed() throws -> SeaweedS3 {
    try seaweedServer.withLock { shared in
      if let shared { return shared }
      let server = try SeaweedS3()
      try server.makeBucket(bucket)
      try server.makeBucket(lockedBucket, locked: true)
      shared = server
      return server
    }
  }

  static func gateway() throws -> JuiceFSGateway {
    try gatewayServer.withLock { shared in
      if let shared { return shared }
      let server = try JuiceFSGateway()
      try server.makeBucket(bucket)
      shared = server
      return server
    }
  }
}

/// The two kinds of server, for tests that hold for both.
enum S3Server: String, CaseIterable, Sendable {
  case seaweed, gateway

  func endpoint() throws -> String {
    switch self {
    case .seaweed: try SharedS3.seaweed().endpoint
    case .gateway: try SharedS3.gateway().endpoint
    }
  }

  func credentials() throws -> S3Credentials {
    switch self {
    case .seaweed: S3Credentials(accessKey: try SharedS3.seaweed().accessKey, secretKey: try SharedS3.seaweed().secret)
    case .gateway: S3Credentials(accessKey: try SharedS3.gateway().accessKey, secretKey: try SharedS3.gateway().secret)
    }
  }

  func admin() throws -> S3Admin {
    switch self {
    case .seaweed: try SharedS3.seaweed().admin
    case .gateway: try SharedS3.gateway().admin
    }
  }

  /// A store of its own below a new prefix.
  func store(
    prefix: String = UUID().uuidString, bucket: String = SharedS3.bucket, addressing: S3Place.Addressing? = nil,
    credentials: S3Credentials? = nil, connection: HTTPClient.Options = .init(), sizes: S3Store.Sizes = .init(),
    now: @escaping @Sendable () -> Int = S3Server.now
  ) throws -> S3Store {
    let endpoint = try addressing == .host ? endpoint().replacing("127.0.0.1", with: "localhost") : endpoint()
    return S3Store(
      try S3Place("\(endpoint)/\(bucket)/\(prefix)", addressing: addressing), credentials: .given(try credentials ?? self.credentials()),
      connection: connection, sizes: sizes, now: now)
  }

  static let now: @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }
}

func pack(_ bytes: [UInt8]) -> ObjectName { .pack(ContentID(hashing: bytes)) }
