import CLinux
import Glibc
import Stores

/// A running ssh: one socket is its standard input and output, another its standard error.
///
/// It has a session of its own: neither an interrupt nor a hangup of the terminal ends it, so that locks can still be removed, and it finds no
/// terminal to ask questions on. When this process ends in whatever way, its input closes and it ends too.
struct SSHProcess: Sendable {
  let identifier: pid_t
  let socket: Int32
  let errors: Int32

  init(_ command: SSHCommand) throws(StoreError) {
    let address = command.place.address
    let program = try command.program()
    let (socket, childSocket) = try Self.socketPair(address)
    guard let (errors, childErrors) = try? Self.socketPair(address) else {
      for descriptor in [socket, childSocket] { close(descriptor) }
      throw Self.failure(errno, address)
    }
    defer { for descriptor in [childSocket, childErrors] { close(descriptor) } }
    var identifier: pid_t = 0
    let result = Self.spawn(program, command, descriptors: [childSocket, childSocket, childErrors], &identifier)
    guard result == 0 else {
      for descriptor in [socket, errors] { close(descriptor) }
      throw Self.failure(result, address)
    }
    self.identifier = identifier
    self.socket = socket
    self.errors = errors
  }

  static func mayRun(_ path: String) -> Bool { access(path, X_OK) == 0 }

  /// Closes ssh's input, which ends it once it has sent on what it was given, and waits for that; helps after a while.
  func end() {
    shutdown(socket, Int32(SHUT_WR))
    for (signal, patience) in [(0, 300), (SIGTERM, 200), (SIGKILL, 200)] {
      if signal != 0 { kill(identifier, signal) }
      for _ in 0..<patience {
        // Anything but 0 is its end, or that somebody else has taken note of it.
        if waitpid(identifier, nil, WNOHANG) != 0 { return release() }
        discardOutput()
        usleep(10_000)
      }
    }
    release()
  }

  /// So that it does not wait for a reader.
  private func discardOutput() {
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while recv(socket, &piece, piece.count, Int32(MSG_DONTWAIT)) > 0 {}
  }

  private func release() { for descriptor in [socket, errors] { close(descriptor) } }

  private static func spawn(_ program: String, _ command: SSHCommand, descriptors: [Int32], _ identifier: inout pid_t) -> Int32 {
    // No window may ask for a password either.
    let environment = command.environment.merging(["SSH_ASKPASS_REQUIRE": "never"]) { $1 }
    return Spawning.spawn(program, command.allArguments, environment: environment, descriptors: descriptors, &identifier)
  }

  private static func socketPair(_ address: String) throws(StoreError) -> (Int32, Int32) {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { throw failure(errno, address) }
    return (ends[0], ends[1])
  }

  private static func failure(_ number: Int32, _ address: String) -> StoreError {
    StoreError(.other, "cannot start ssh for store '\(address)': \(String(cString: strerror(number)))")
  }
}
