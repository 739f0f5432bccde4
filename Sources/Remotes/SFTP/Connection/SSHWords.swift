import CLinux
import Glibc

/// What ssh says on standard error, the first and the last of it.
struct SSHWords {
  /// In bytes: a changed host key takes some 600.
  private static let most = 16 << 10

  /// Below zero, which `poll` passes over, once it is closed.
  private(set) var descriptor: Int32
  private var bytes: [UInt8] = []

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  mutating func read() {
    var piece = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &piece, piece.count, Int32(MSG_DONTWAIT))
    if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { return descriptor = -1 }
    bytes += piece.prefix(max(0, count))
    if bytes.count > Self.most { bytes.removeSubrange(Self.most / 2..<bytes.count - Self.most / 2) }
  }

  /// For a second at most: what ssh started may hold it open longer than ssh.
  mutating func readToEnd() {
    let deadline = ContinuousClock.now + .seconds(1)
    while descriptor >= 0, ContinuousClock.now < deadline {
      var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&polled, 1, 100) > 0 { read() }
    }
  }
}
