package import CouchFormat
package import Files

/// `cert.pem` and `key.pem` as nginx will serve them: what the certificate says, whether the key belongs to it, and what is wrong.
package struct TLSPair: Hashable, Sendable {
  /// `nil` without a readable certificate.
  package let facts: CertificateFacts?
  /// The key signs what the certificate verifies.
  package let keyMatches: Bool
  /// `file` is `cert.pem` or `key.pem`; none holds a byte of the key.
  package let findings: [Finding]

  package static let certificateName = "cert.pem"
  package static let keyName = "key.pem"

  /// - Parameters:
  ///   - certificate: The bytes of `cert.pem`; `nil` if it is not there. An empty file counts as missing: nginx's script makes it anew.
  ///   - key: The bytes of `key.pem`.
  package static func examine(certificate: [UInt8]?, key: [UInt8]?, now: FileTime) -> TLSPair {
    var report = Report()
    let chain = report.readCertificate(certificate)
    let privateKey = report.readKey(key)
    let facts = chain.flatMap(CertificateFacts.init)
    if chain?.isEmpty == false, facts == nil { report.addUnreadableCertificate(certificate ?? []) }
    var keyMatches = false
    if let chain, let first = chain.first, let privateKey {
      keyMatches = first.matches(privateKey)
      if !keyMatches { report.addMismatch(position: chain.dropFirst().firstIndex { $0.matches(privateKey) }) }
    }
    if let facts { report.addDates(facts, now) }
    if facts?.isSelfSigned == true { report.addSelfSigned() }
    return TLSPair(facts: facts, keyMatches: keyMatches, findings: report.findings)
  }
}

extension FindingKind {
  package static let tlsCertificateMissing = Self(rawValue: "tls-certificate-missing")
  package static let tlsKeyMissing = Self(rawValue: "tls-key-missing")
  package static let tlsCertificateUnreadable = Self(rawValue: "tls-certificate-unreadable")
  package static let tlsKeyUnreadable = Self(rawValue: "tls-key-unreadable")
  package static let tlsKeyEncrypted = Self(rawValue: "tls-key-encrypted")
  package static let tlsKeyMismatch = Self(rawValue: "tls-key-mismatch")
  package static let tlsExpired = Self(rawValue: "tls-expired")
  package static let tlsExpiring = Self(rawValue: "tls-expiring")
  package static let tlsNotYetValid = Self(rawValue: "tls-not-yet-valid")
  package static let tlsSelfSigned = Self(rawValue: "tls-self-signed")
}

/// The wording of what can be wrong with a pair.
private struct Report {
  private(set) var findings: [Finding] = []

  private static let consequence =
    "after a restore nginx makes a new self-signed pair, and the Android app and browsers then refuse to sync"
  private static let secondsADay = 86400
  private static let warningDays = 30

  private mutating func add(_ severity: Finding.Severity, _ kind: FindingKind, _ file: String, _ message: String, _ remedy: String) {
    findings.append(Finding(severity, kind, file: file, message: message, remedy: remedy))
  }

  /// - Returns: The chain if it decodes; it may be empty only together with a finding.
  mutating func readCertificate(_ bytes: [UInt8]?) -> [Certificate]? {
    guard let bytes, !bytes.isEmpty else {
      add(
        .error, .tlsCertificateMissing, TLSPair.certificateName,
        "'cert.pem' \(bytes == nil ? "is missing" : "is empty"): \(Self.consequence)",
        "find the certificate (with its chain) and put it beside 'key.pem' as 'cert.pem', or order a new one")
      return nil
    }
    guard let chain = PEMReader.certificates(bytes), !chain.isEmpty else {
      addUnreadableCertificate(bytes)
      return nil
    }
    return chain
  }

  mutating func addUnreadableCertificate(_ bytes: [UInt8]) {
    let isDER = Self.isDER(bytes)
    add(
      .error, .tlsCertificateUnreadable, TLSPair.certificateName,
      "'cert.pem' \(isDER ? "is in DER form" : "holds no certificate that can be read"): nginx does not start with it",
      isDER
        ? "convert it: openssl x509 -inform der -in cert.pem -out new.pem"
        : "look with: openssl x509 -in cert.pem -noout -text; take the file from an earlier snapshot or from who issued it")
  }

  mutating func readKey(_ bytes: [UInt8]?) -> PrivateKey? {
    guard let bytes, !bytes.isEmpty else {
      add(
        .error, .tlsKeyMissing, TLSPair.keyName,
        "'key.pem' \(bytes == nil ? "is missing" : "is empty"): the certificate is worth nothing without it; \(Self.consequence)",
        "find the key that was made with the certificate's request, or order a new certificate with a new key")
      return nil
    }
    switch PEMReader.key(bytes) {
    case .key(let key): return key
    case .encrypted:
      add(
        .error, .tlsKeyEncrypted, TLSPair.keyName, "'key.pem' is encrypted with a passphrase: nginx cannot start unattended",
        "decrypt it: openssl pkey -in key.pem -out new.pem, and put the new file in its place")
    case .unreadable:
      let isDER = Self.isDER(bytes)
      add(
        .error, .tlsKeyUnreadable, TLSPair.keyName,
        "'key.pem' \(isDER ? "is in DER form" : "holds no private key that can be read"): nginx does not start with it",
        isDER
          ? "convert it: openssl pkey -inform der -in key.pem -out new.pem"
          : "check with: openssl pkey -in key.pem -noout; take the file from an earlier snapshot")
    }
    return nil
  }

  /// - Parameter position: of the certificate in the chain that the key does belong to.
  mutating func addMismatch(position: Int?) {
    let others =
      position.map { "it belongs to certificate \($0 + 1) in the file, and nginx wants the server's own certificate first" }
      ?? "nginx does not start with this pair"
    add(
      .error, .tlsKeyMismatch, TLSPair.keyName, "'key.pem' does not belong to the certificate in 'cert.pem': \(others)",
      position == nil
        ? "find the key that was made with this certificate's request, or the certificate that was issued for this key"
        : "put the server's certificate first in 'cert.pem', then those that vouch for it")
  }

  mutating func addDates(_ facts: CertificateFacts, _ now: FileTime) {
    let left = facts.notAfter.seconds - now.seconds
    if left < 0 {
      add(
        .error, .tlsExpired, TLSPair.certificateName,
        "the certificate expired on \(facts.notAfterText): the Android app and browsers refuse to sync", "renew it")
    } else if left < Self.warningDays * Self.secondsADay {
      let days = left / Self.secondsADay
      add(
        .warning, .tlsExpiring, TLSPair.certificateName,
        "the certificate expires on \(facts.notAfterText), in \(days) \(days == 1 ? "day" : "days")",
        "renew it; if that is done by itself, look whether it works and whether nginx is reloaded afterwards")
    }
    if facts.notBefore > now {
      add(
        .warning, .tlsNotYetValid, TLSPair.certificateName, "the certificate is valid only from \(facts.notBeforeText) on",
        "is this server's clock right? until then the Android app and browsers refuse to sync")
    }
  }

  mutating func addSelfSigned() {
    add(
      .warning, .tlsSelfSigned, TLSPair.certificateName,
      "the certificate is self-signed: CHT makes such a pair for a year and never renews it, and the Android app refuses it",
      "get a certificate for the server's name: CERTIFICATE_MODE=AUTO_GENERATE or OWN_CERT")
  }

  /// A DER sequence: 30, then a length of two or more bytes; PEM text never begins so.
  private static func isDER(_ bytes: [UInt8]) -> Bool {
    bytes.count > 4 && bytes[0] == 0x30 && (0x81...0x84).contains(bytes[1])
  }
}
