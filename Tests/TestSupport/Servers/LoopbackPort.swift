import Glibc

/// TCP ports of 127.0.0.1 for servers of tests.
package enum LoopbackPort {
  package struct Failed: Error, CustomStringConvertible {
    package let description: String
  }

  /// A port that nobody listens on at this moment.
  package static func free() throws -> UInt16 {
    let listener = try listen()
    defer { close(listener.descriptor) }
    return listener.port
  }

  /// Whether someone listens there.
  package static func accepts(_ port: UInt16) -> Bool {
    guard let descriptor = try? connect(port) else { return false }
    close(descriptor)
    return true
  }

  struct Listener: Sendable {
    let descriptor: Int32
    let port: UInt16
  }

  static func listen() throws -> Listener {
    let descriptor = try open()
    var address = loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        Glibc.bind(descriptor, address, length) == 0 && Glibc.listen(descriptor, 128) == 0 && getsockname(descriptor, address, &length) == 0
      }
    }
    guard result else { throw failure("no port to listen on", closing: descriptor) }
    return Listener(descriptor: descriptor, port: UInt16(bigEndian: address.sin_port))
  }

  static func connect(_ port: UInt16) throws -> Int32 {
    let descriptor = try open()
    var address = loopback(port: port)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard result == 0 else { throw failure("nobody listens on port \(port)", closing: descriptor) }
    return descriptor
  }

  private static func open() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw Failed(description: "no socket: errno \(errno)") }
    return descriptor
  }

  private static func failure(_ what: String, closing descriptor: Int32) -> Failed {
    let reason = errno
    close(descriptor)
    return Failed(description: "\(what): errno \(reason)")
  }

  private static func loopback(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    return address
  }
}
