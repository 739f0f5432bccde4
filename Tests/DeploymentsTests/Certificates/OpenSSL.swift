import Foundation
import TestSupport
import Testing

/// Keys and certificates made by the `openssl` executable, in a folder of their own.
struct OpenSSL {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  enum Algorithm: String, CaseIterable {
    case rsa, p256, ed25519

    var options: [String] {
      switch self {
      case .rsa: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
      case .p256: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
      case .ed25519: ["-algorithm", "ED25519"]
      }
    }
  }

  @discardableResult
  func run(_ arguments: String...) throws -> [UInt8] { try run(arguments) }

  @discardableResult
  func run(_ arguments: [String]) throws -> [UInt8] {
    let output = try Program.run("/usr/bin/env", ["openssl"] + arguments, in: folder.path)
    try #require(output.status == 0, "openssl \(arguments.joined(separator: " ")): \(output.standardError)")
    return output.standardOutput
  }

  func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.url.appending(path: name))) }

  func key(_ algorithm: Algorithm, _ name: String) throws {
    try run(["genpkey", "-out", name] + algorithm.options)
  }

  /// A self-signed pair NAME.key, NAME.crt.
  func selfSigned(_ algorithm: Algorithm, _ name: String, subject: String = "/O=Health/CN=cht.example.org", days: Int = 365) throws {
    try key(algorithm, "\(name).key")
    try run(
      "req", "-x509", "-key", "\(name).key", "-out", "\(name).crt", "-subj", subject, "-utf8", "-days", "\(days)", "-addext",
      "subjectAltName=DNS:cht.example.org,IP:10.0.0.1,DNS:*.example.org")
  }

  /// A pair NAME.key, NAME.crt whose certificate an authority ca.key, ca.crt signed; made if it is not there.
  func issued(_ algorithm: Algorithm, _ name: String, days: Int = 90) throws {
    if !FileManager.default.fileExists(atPath: folder.path("ca.crt")) { try selfSigned(.p256, "ca", subject: "/CN=Test CA") }
    try key(algorithm, "\(name).key")
    try run("req", "-new", "-key", "\(name).key", "-out", "\(name).csr", "-subj", "/CN=\(name).example.org")
    try run(
      "x509", "-req", "-in", "\(name).csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", "7", "-days", "\(days)", "-out",
      "\(name).crt")
  }
}
