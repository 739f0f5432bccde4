import Remotes
import StoreTesting
import Stores
import TestSupport
import Testing

/// OpenSSH's server behind bad lines.
struct SFTPFaultTests {
  private let server: SSHServer

  init() throws { server = try .shared() }

  @Test func `with any call failing once, before or after doing it, it keeps the contract`() async throws {
    try await expectStoreSurvivesFaults { try server.store() }
  }

  @Test func `slow lines and cut ones are survived`() async throws {
    let folder = server.freshFolder()
    let server = server

    try await expectStoreSurvivesCutLines(to: server.port) { port in
      try server.store(folder, port: port, timeouts: .init(connect: .seconds(10), alive: .seconds(5), stall: .seconds(10)))
    }
  }
}
