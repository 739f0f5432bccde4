import CLinux
import Glibc

/// What one of OpenSSH's programs prints, for questions that need no connection.
enum SSHTool {
  private static let patience = Duration.seconds(10)
  /// In bytes; a configuration takes some thousand.
  private static let most = 1 << 20

  /// - Returns: `nil` if there is no such program, or it fails, or says nothing for long.
  static func output(of name: String, _ arguments: [String], environment: [String: String]) -> String? {
    let folders = (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    guard let program = folders.lazy.map({ "\($0)/\(name)" }).first(where: SSHProcess.mayRun) else { return nil }
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else { return nil }
    let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
    var identifier: pid_t = 0
    let result = Spawning.spawn(program, arguments, environment: environment, descriptors: [nowhere, ends[1], nowhere], &identifier)
    for descriptor in [nowhere, ends[1]] { close(descriptor) }
    defer { close(ends[0]) }
    guard result == 0 else { return nil }
    let bytes = read(ends[0])
    if bytes == nil { kill(identifier, SIGKILL) }
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    return status == 0 ? bytes.map { String(decoding: $0, as: UTF8.self) } : nil
  }

  private static func read(_ descriptor: Int32) -> [UInt8]? {
    let deadline = ContinuousClock.now + patience
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16 << 10)
    while ContinuousClock.now < deadline, bytes.count < most {
      var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&polled, 1, 100) > 0 else { continue }
      let count = recv(descriptor, &piece, piece.count, 0)
      if count == 0 { return bytes }
      if count < 0, errno != EINTR { return nil }
      bytes += piece.prefix(max(0, count))
    }
    return nil
  }
}
