package import Files
package import Primitives

/// What a certificate says: the first of a PEM file, which is the one nginx serves.
package struct CertificateFacts: Hashable, Sendable {
  /// As RFC 2253 writes names: `CN=cht.example.org,O=Ministry of Health`.
  package let subject: String
  package let issuer: String
  /// The DNS names it is for; browsers and the Android app look at nothing else.
  package let dnsNames: [String]
  package let notBefore: FileTime
  package let notAfter: FileTime
  /// Signed by its own key: nobody vouches for it.
  package let isSelfSigned: Bool
  /// SHA-256 of the certificate's DER form: equal for one certificate wherever it is found.
  package let fingerprint: ContentID
  /// `RSA`, `EC`, `ED25519` and others, as OpenSSL names them.
  package let keyType: String
  package let keyBits: Int
  /// Certificates in the file, this one included.
  package let chainLength: Int

  /// ISO 8601, UTC.
  package var notBeforeText: String { UTCText.of(notBefore) }
  package var notAfterText: String { UTCText.of(notAfter) }

  /// - Parameter pem: a certificate, or a chain of which the first counts.
  /// - Returns: `nil` if it does not hold one that can be read.
  package init?(pem: [UInt8]) {
    guard let chain = PEMReader.certificates(pem) else { return nil }
    self.init(chain)
  }

  init?(_ chain: [Certificate]) {
    guard let first = chain.first, let notBefore = first.notBefore, let notAfter = first.notAfter, let fingerprint = first.fingerprint,
      let key = first.key
    else { return nil }
    subject = first.subject
    issuer = first.issuer
    dnsNames = first.dnsNames
    self.notBefore = notBefore
    self.notAfter = notAfter
    isSelfSigned = first.isSelfSigned
    self.fingerprint = fingerprint
    keyType = key.type
    keyBits = key.bits
    chainLength = chain.count
  }
}
