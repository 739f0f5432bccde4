import CouchFormat
import Deployments
import Files
import Foundation
import TestSupport
import Testing

/// Cuts and flips in certificates and keys: anything may be found, nothing may trap.
struct TLSDamageTests {
  private static let now = FileTime(seconds: 1_800_000_000, nanoseconds: 0)

  @Test(arguments: OpenSSL.Algorithm.allCases)
  func `whatever is cut off, the pair is never called sound`(_ algorithm: OpenSSL.Algorithm) throws {
    let openssl = try OpenSSL()
    try openssl.selfSigned(algorithm, "own")
    let (certificate, key) = (try openssl.bytes("own.crt"), try openssl.bytes("own.key"))

    // The final newline and the last dash may go: OpenSSL wants the end line, not what is behind it.
    for end in stride(from: 0, to: certificate.count - 2, by: 7) {
      let pair = TLSPair.examine(certificate: Array(certificate[..<end]), key: key, now: Self.now)
      #expect(pair.facts == nil && !pair.keyMatches && !pair.findings.isEmpty, "certificate cut at \(end)")
    }
    for end in stride(from: 0, to: key.count - 2, by: 5) {
      let pair = TLSPair.examine(certificate: certificate, key: Array(key[..<end]), now: Self.now)
      #expect(!pair.keyMatches && pair.findings.contains { $0.file == "key.pem" }, "key cut at \(end)")
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `flips are survived, and a key that is said to match signs`(_ seed: UInt64) throws {
    let openssl = try OpenSSL()
    try openssl.selfSigned(OpenSSL.Algorithm.allCases[Int(seed) - 1], "own")
    let (certificate, key) = (try openssl.bytes("own.crt"), try openssl.bytes("own.key"))
    var random = SeededRandom(seed: seed)

    for _ in 0..<1500 {
      var (one, other) = (certificate, key)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        one[Int.random(in: one.indices, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
        other[Int.random(in: other.indices, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      }
      _ = TLSPair.examine(certificate: one, key: key, now: Self.now)
      _ = TLSPair.examine(certificate: certificate, key: other, now: Self.now)
    }
  }

  @Test func `a key whose private half is damaged does not match, though its public half does`() throws {
    let openssl = try OpenSSL()
    try openssl.issued(.p256, "cht")
    var key = try openssl.run("pkcs8", "-topk8", "-nocrypt", "-in", "cht.key", "-outform", "der")
    let scalar = try #require(key.indices.first { key[$0...].starts(with: [0x04, 0x20]) }) + 2
    let certificate = try openssl.bytes("cht.crt")
    #expect(TLSPair.examine(certificate: certificate, key: PEM.text("PRIVATE KEY", key), now: Self.now).keyMatches)

    key[scalar + 9] ^= 4
    let pair = TLSPair.examine(certificate: certificate, key: PEM.text("PRIVATE KEY", key), now: Self.now)

    #expect(!pair.keyMatches && pair.findings.contains { $0.kind == .tlsKeyMismatch })
  }

  @Test(arguments: [4, 5] as [UInt64])
  func `flips below the PEM text are survived`(_ seed: UInt64) throws {
    let openssl = try OpenSSL()
    try openssl.selfSigned(seed == 4 ? .rsa : .p256, "own")
    let certificate = try openssl.run("x509", "-in", "own.crt", "-outform", "der")
    let key = try openssl.run("pkcs8", "-topk8", "-nocrypt", "-in", "own.key", "-outform", "der")
    let pem = try openssl.bytes("own.crt")
    var random = SeededRandom(seed: seed)

    for _ in 0..<1500 {
      var (one, other) = (certificate, key)
      one[Int.random(in: one.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      other[Int.random(in: other.indices, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      _ = TLSPair.examine(certificate: PEM.text("CERTIFICATE", one), key: nil, now: Self.now)
      _ = TLSPair.examine(certificate: pem, key: PEM.text("PRIVATE KEY", other), now: Self.now)
    }
  }
}

enum PEM {
  static func text(_ label: String, _ bytes: [UInt8]) -> [UInt8] {
    let body = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return Array("-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n".utf8)
  }
}
