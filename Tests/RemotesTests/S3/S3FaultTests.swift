import Foundation
import Remotes
import StoreTesting
import Stores
import TestSupport
import Testing

/// Two real servers behind bad lines.
@Suite(.serialized) struct S3FaultTests {
  @Test(arguments: S3Server.allCases)
  func `with any call failing once, before or after doing it, it keeps what every store promises`(_ server: S3Server) async throws {
    try await expectStoreSurvivesFaults { try server.store() }
  }

  @Test(arguments: S3Server.allCases)
  func `slow lines and cut ones are survived`(_ server: S3Server) async throws {
    let prefix = UUID().uuidString
    let endpoint = try #require(URLComponents(string: try server.endpoint()))
    let credentials = try server.credentials()

    try await expectStoreSurvivesCutLines(to: try #require(endpoint.port.flatMap(UInt16.init))) { port in
      S3Store(
        try S3Place("http://127.0.0.1:\(port)/\(SharedS3.bucket)/\(prefix)"), credentials: .given(credentials),
        connection: .init(stallTimeout: .seconds(5)), now: S3Server.now)
    }
  }
}
