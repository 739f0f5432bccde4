import Foundation
import Glibc

/// What tests ask of the programs on this machine.
enum Programs {
  static func exist(_ names: String...) -> Bool {
    names.allSatisfy { (try? Program.run("/usr/bin/env", ["which", $0]))?.status == 0 }
  }

  /// - Returns: standard output without the last line break.
  /// - Throws: if the program failed, with what it said.
  static func succeed(_ output: Program.Output) throws -> String {
    guard output.status == 0 else { throw LeashedServer.Failed(description: "status \(output.status): \(output.standardError)") }
    return output.text.hasSuffix("\n") ? String(output.text.dropLast()) : output.text
  }

  /// Whether someone listens on a unix socket.
  static func accept(socket path: String) -> Bool {
    let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    return withUnsafeBytes(of: &address) {
      connect(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count)) == 0
    }
  }
}
