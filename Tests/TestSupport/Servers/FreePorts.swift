import Glibc

/// Ports of the loopback that nobody uses.
enum FreePorts {
  /// Below those that Linux gives to outgoing connections: one of another test could take it before its server does.
  private static let range: Range<UInt16> = 12_000..<32_000

  static func take(_ count: Int) throws -> [UInt16] {
    var ports: [UInt16] = []
    for _ in 0..<1000 where ports.count < count {
      let port = UInt16.random(in: range)
      if !ports.contains(port), isFree(port) { ports.append(port) }
    }
    guard ports.count == count else { throw LeashedServer.Failed(description: "there are no \(count) free ports") }
    return ports
  }

  private static func isFree(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    return withUnsafeBytes(of: &address) {
      bind(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count)) == 0
    }
  }
}
