import CouchFormat
import Deployments
import Files
import Foundation
import Primitives
import Testing

struct TLSPairTests {
  private static let day = 86400
  private var now: FileTime { FileTime(seconds: Int(Date().timeIntervalSince1970), nanoseconds: 0) }

  private func kinds(_ pair: TLSPair) -> [FindingKind] { pair.findings.map(\.kind) }

  @Test(arguments: OpenSSL.Algorithm.allCases)
  func `a pair that an authority issued has nothing wrong`(_ algorithm: OpenSSL.Algorithm) throws {
    let openssl = try OpenSSL()
    try openssl.issued(algorithm, "cht")

    let pair = TLSPair.examine(certificate: try openssl.bytes("cht.crt"), key: try openssl.bytes("cht.key"), now: now)

    #expect(pair.findings == [] && pair.keyMatches)
    let facts = try #require(pair.facts)
    #expect(facts.subject == "CN=cht.example.org" && facts.issuer == "CN=Test CA" && !facts.isSelfSigned && facts.chainLength == 1)
    #expect(abs(facts.notAfter.seconds - now.seconds - 90 * Self.day) < 120)
    #expect(
      [OpenSSL.Algorithm.rsa: "RSA 2048", .p256: "EC 256", .ed25519: "ED25519 256"][algorithm] == "\(facts.keyType) \(facts.keyBits)")
  }

  @Test func `facts are what openssl says of the certificate`() throws {
    let openssl = try OpenSSL()
    try openssl.selfSigned(.p256, "own", subject: "/C=KE/O=Santé, Région \"Nord\"/CN=cht.example.org")
    let said = String(
      decoding: try openssl.run("x509", "-in", "own.crt", "-noout", "-fingerprint", "-sha256", "-enddate", "-dateopt", "iso_8601"),
      as: UTF8.self
    ).split(separator: "\n")

    let facts = try #require(CertificateFacts(pem: try openssl.bytes("own.crt")))

    #expect(facts.subject == #"CN=cht.example.org,O=Santé\, Région \"Nord\",C=KE"#)
    #expect(facts.isSelfSigned && facts.issuer == facts.subject)
    #expect(facts.dnsNames == ["cht.example.org", "*.example.org"])
    #expect(said.first?.split(separator: "=").last.map { $0.filter { $0 != ":" }.lowercased() } == facts.fingerprint.hex)
    #expect(said.last?.split(separator: "=").last.map { String($0.replacing(" ", with: "T")) } == facts.notAfterText)
    #expect(facts.notBeforeText.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/) != nil)
  }

  @Test func `a chain counts by its first certificate`() throws {
    let openssl = try OpenSSL()
    try openssl.issued(.p256, "cht")
    let (leaf, authority, key) = (try openssl.bytes("cht.crt"), try openssl.bytes("ca.crt"), try openssl.bytes("cht.key"))

    let pair = TLSPair.examine(certificate: leaf + authority, key: key, now: now)
    let turned = TLSPair.examine(certificate: authority + leaf, key: key, now: now)

    #expect(pair.facts?.chainLength == 2 && pair.facts?.subject == "CN=cht.example.org" && pair.findings == [])
    #expect(kinds(turned) == [.tlsKeyMismatch, .tlsSelfSigned] && turned.facts?.subject == "CN=Test CA")
    #expect(turned.findings.first?.message.contains("certificate 2 in the file") == true)
  }

  @Test func `line ends of Windows and text around the blocks change nothing`() throws {
    let openssl = try OpenSSL()
    try openssl.issued(.rsa, "cht")
    func odd(_ name: String) throws -> [UInt8] {
      let text = String(decoding: try openssl.bytes(name), as: UTF8.self)
      return Array(("Bag Attributes\n  friendlyName: cht\n" + text + "\n\n").replacing("\n", with: "\r\n").utf8)
    }

    let pair = TLSPair.examine(certificate: try odd("cht.crt"), key: try odd("cht.key"), now: now)

    #expect(pair.findings == [] && pair.keyMatches)
  }

  @Test(arguments: ["pkcs1", "pkcs8", "sec1", "parameters"])
  func `keys of every form are read`(_ form: String) throws {
    let openssl = try OpenSSL()
    try openssl.issued(form.hasPrefix("pkcs") ? .rsa : .p256, "cht")
    let key: [UInt8] =
      switch form {
      case "pkcs1": try openssl.run("rsa", "-in", "cht.key", "-traditional")
      case "sec1": try openssl.run("ec", "-in", "cht.key")
      // What 'openssl ecparam -genkey' writes: a block of parameters before the key.
      case "parameters": try openssl.run("ecparam", "-name", "prime256v1") + openssl.run("ec", "-in", "cht.key")
      default: try openssl.bytes("cht.key")
      }

    let pair = TLSPair.examine(certificate: try openssl.bytes("cht.crt"), key: key, now: now)

    #expect(pair.findings == [] && pair.keyMatches)
  }

  @Test(arguments: ["pkcs8", "traditional"])
  func `an encrypted key is named, and nobody is asked for its password`(_ form: String) throws {
    let openssl = try OpenSSL()
    try openssl.issued(.rsa, "cht")
    if form == "pkcs8" {
      try openssl.run("pkcs8", "-topk8", "-in", "cht.key", "-out", "locked.key", "-passout", "pass:secret")
    } else {
      try openssl.run("rsa", "-in", "cht.key", "-aes128", "-traditional", "-out", "locked.key", "-passout", "pass:secret")
    }

    let pair = TLSPair.examine(certificate: try openssl.bytes("cht.crt"), key: try openssl.bytes("locked.key"), now: now)

    #expect(kinds(pair) == [.tlsKeyEncrypted] && !pair.keyMatches)
  }

  @Test(arguments: OpenSSL.Algorithm.allCases)
  func `another certificate's key is named`(_ algorithm: OpenSSL.Algorithm) throws {
    let openssl = try OpenSSL()
    try openssl.issued(.rsa, "cht")
    try openssl.key(algorithm, "other.key")

    let pair = TLSPair.examine(certificate: try openssl.bytes("cht.crt"), key: try openssl.bytes("other.key"), now: now)

    #expect(kinds(pair) == [.tlsKeyMismatch] && !pair.keyMatches && pair.findings.map(\.severity) == [.error])
  }

  @Test func `what is missing is an error that says what follows`() throws {
    let openssl = try OpenSSL()
    try openssl.issued(.p256, "cht")
    let (certificate, key) = (try openssl.bytes("cht.crt"), try openssl.bytes("cht.key"))

    for empty in [nil, []] as [[UInt8]?] {
      let neither = TLSPair.examine(certificate: empty, key: empty, now: now)
      #expect(kinds(neither) == [.tlsCertificateMissing, .tlsKeyMissing] && neither.facts == nil)
      #expect(neither.findings.allSatisfy { $0.severity == .error && $0.message.contains("refuse to sync") && !$0.remedy.isEmpty })
      #expect(kinds(TLSPair.examine(certificate: certificate, key: empty, now: now)) == [.tlsKeyMissing])
      #expect(kinds(TLSPair.examine(certificate: empty, key: key, now: now)) == [.tlsCertificateMissing])
    }
  }

  @Test func `files of another kind are unreadable, and DER is recognised`() throws {
    let openssl = try OpenSSL()
    try openssl.issued(.rsa, "cht")
    let der = TLSPair.examine(
      certificate: try openssl.run("x509", "-in", "cht.crt", "-outform", "der"),
      key: try openssl.run("pkey", "-in", "cht.key", "-outform", "der"), now: now)
    let swapped = TLSPair.examine(certificate: try openssl.bytes("cht.key"), key: try openssl.bytes("cht.crt"), now: now)
    let request = TLSPair.examine(certificate: try openssl.bytes("cht.csr"), key: try openssl.bytes("cht.key"), now: now)

    #expect(kinds(der) == [.tlsCertificateUnreadable, .tlsKeyUnreadable] && der.findings.allSatisfy { $0.message.contains("DER") })
    #expect(kinds(swapped) == [.tlsCertificateUnreadable, .tlsKeyUnreadable])
    #expect(kinds(request) == [.tlsCertificateUnreadable])
  }

  @Test func `dates are held against the clock`() throws {
    let openssl = try OpenSSL()
    try openssl.issued(.p256, "cht", days: 90)
    let (certificate, key) = (try openssl.bytes("cht.crt"), try openssl.bytes("cht.key"))
    let facts = try #require(CertificateFacts(pem: certificate))
    func at(_ seconds: Int) -> TLSPair {
      TLSPair.examine(certificate: certificate, key: key, now: FileTime(seconds: seconds, nanoseconds: 0))
    }

    #expect(kinds(at(facts.notAfter.seconds - 30 * Self.day)) == [])
    #expect(kinds(at(facts.notAfter.seconds - 30 * Self.day + 1)) == [.tlsExpiring])
    #expect(at(facts.notAfter.seconds - Self.day).findings.first?.message.hasSuffix("in 1 day") == true)
    #expect(kinds(at(facts.notAfter.seconds)) == [.tlsExpiring])
    #expect(kinds(at(facts.notAfter.seconds + 1)) == [.tlsExpired] && at(facts.notAfter.seconds + 1).findings[0].severity == .error)
    #expect(kinds(at(facts.notBefore.seconds)) == [] && kinds(at(facts.notBefore.seconds - 1)) == [.tlsNotYetValid])
  }

  @Test func `a self-signed certificate is a warning`() throws {
    let openssl = try OpenSSL()
    try openssl.selfSigned(.rsa, "own")

    let pair = TLSPair.examine(certificate: try openssl.bytes("own.crt"), key: try openssl.bytes("own.key"), now: now)

    #expect(kinds(pair) == [.tlsSelfSigned] && pair.findings[0].severity == .warning && pair.keyMatches)
  }

  @Test func `no message holds anything of the key`() throws {
    let openssl = try OpenSSL()
    try openssl.selfSigned(.p256, "own")
    try openssl.key(.p256, "other.key")
    for key in try [openssl.bytes("own.key"), openssl.bytes("other.key"), Array(openssl.bytes("own.key").dropLast(60))] {
      let lines = String(decoding: key, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("-") }
      let pair = TLSPair.examine(certificate: try openssl.bytes("own.crt"), key: key, now: now)
      let printed = "\(pair)"

      #expect(lines.allSatisfy { !printed.contains($0.prefix(16)) })
    }
  }
}
