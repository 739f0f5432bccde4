import Stores
import Testing

import Remotes

/// What ssh says, in a store's words. That OpenSSH really says so is for the tests with a server.
struct SSHFailureTests {
  private func error(_ said: String, wasOpen: Bool = false) throws -> StoreError {
    let place = try SFTPPlace(parsing: "sftp://me@example.org:2222//f")
    return SSHFailure.error(said: said, wasOpen: wasOpen, SSHCommand(place, arguments: [], environment: [:], timeouts: .init()))
  }

  @Test(arguments: [
    ("@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", StoreError.Kind.untrusted),
    ("No ED25519 host key is known for h and you have requested strict checking.\nHost key verification failed.", .untrusted),
    ("me@h: Permission denied (publickey).", .denied), ("Received disconnect from ::1: 2: Too many authentication failures", .denied),
    ("Bad owner or permissions on /root/.ssh/config", .denied),
    ("ssh: Could not resolve hostname h: Name or service not known", .unreachable),
    ("ssh: connect to host h port 22: Connection refused", .unreachable),
    ("ssh: connect to host h port 22: No route to host", .unreachable),
    ("kex_exchange_identification: Connection closed by remote host", .unreachable),
    ("Connection timed out during banner exchange", .unreachable),
    ("subsystem request failed on channel 0", .other), ("/c: line 3: Bad configuration option: x\n/c: terminating, 1 bad", .other),
    ("Unable to negotiate with h port 22: no matching host key type found. Their offer: ssh-dss", .other),
    ("", .unreachable), ("words nobody knows", .unreachable),
  ])
  func `what ssh says becomes a kind to decide on`(_ said: String, _ kind: StoreError.Kind) throws {
    let error = try error(said)

    #expect(error.kind == kind, "\(error)")
    #expect(!error.hints.isEmpty)
  }

  @Test func `once it was open, a connection that ends is worth another try whatever is said`() throws {
    let error = try error("Timeout, server h not responding.", wasOpen: true)

    #expect(error.kind == .unreachable)
    #expect(error.summary == "the connection to store 'sftp://me@example.org:2222//f' broke off: Timeout, server h not responding.")
  }

  @Test func `hints are commands for this very host`() throws {
    let changed = try error("REMOTE HOST IDENTIFICATION HAS CHANGED")
    let unknown = try error("Host key verification failed.")

    #expect(changed.hints.contains { $0.contains("ssh-keygen -R [example.org]:2222") && $0.contains("ssh -p 2222 -l me example.org") })
    #expect(unknown.hints.contains { $0.contains("ssh-keyscan -p 2222 example.org") })
  }

  @Test func `what would steer a terminal is left out`() throws {
    #expect(try error("\u{1b}[31mConnection refused\u{7}").summary.hasSuffix(": [31mConnection refused"))
  }
}
