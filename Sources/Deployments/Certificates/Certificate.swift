import CLibcrypto
import Files
import Primitives

/// A decoded certificate: libcrypto's answers in Swift's types.
final class Certificate {
  private let pointer: OpaquePointer

  init(owning pointer: OpaquePointer) { self.pointer = pointer }

  deinit { X509_free(pointer) }

  var subject: String { Self.text(X509_get_subject_name(pointer)) }
  var issuer: String { Self.text(X509_get_issuer_name(pointer)) }

  /// `nil` for a date that is none.
  var notBefore: FileTime? { Self.time(X509_get0_notBefore(pointer)) }
  var notAfter: FileTime? { Self.time(X509_get0_notAfter(pointer)) }

  var isSelfSigned: Bool {
    defer { ERR_clear_error() }
    return X509_self_signed(pointer, 1) == 1
  }

  /// SHA-256 of the DER form; `nil` only if libcrypto has no memory left.
  var fingerprint: ContentID? {
    var digest = [UInt8](repeating: 0, count: ContentID.byteCount)
    var count: CUnsignedInt = 0
    guard X509_digest(pointer, EVP_sha256(), &digest, &count) == 1 else { return nil }
    return ContentID(bytes: digest)
  }

  /// For example `RSA` and 4096; `nil` for a key of a kind OpenSSL does not know.
  var key: (type: String, bits: Int)? {
    defer { ERR_clear_error() }
    guard let key = X509_get0_pubkey(pointer) else { return nil }
    return (EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown", Int(EVP_PKEY_get_bits(key)))
  }

  var dnsNames: [String] {
    guard let names = akiba_alternative_names(pointer) else { return [] }
    defer {
      GENERAL_NAMES_free(names)
      ERR_clear_error()
    }
    return (0..<akiba_name_count(names)).compactMap { index in
      guard let name = akiba_dns_name(names, index), let bytes = ASN1_STRING_get0_data(name) else { return nil }
      return Printable.text(UnsafeBufferPointer(start: bytes, count: Int(ASN1_STRING_length(name))))
    }
  }

  /// Whether `key` makes signatures that this certificate verifies.
  ///
  /// Equal public halves are not enough: a damaged private half still carries the right public one.
  func matches(_ key: PrivateKey) -> Bool {
    defer { ERR_clear_error() }
    guard X509_check_private_key(pointer, key.pointer) == 1, let signature = key.signature(of: Self.challenge) else { return false }
    guard let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    return EVP_DigestVerifyInit(context, nil, nil, nil, X509_get0_pubkey(pointer)) == 1
      && EVP_DigestVerify(context, signature, signature.count, Self.challenge, Self.challenge.count) == 1
  }

  private static let challenge = Array("akiba: does this key belong to this certificate?".utf8)

  private static func text(_ name: OpaquePointer?) -> String {
    guard let name, let writer = BIO_new(BIO_s_mem()) else { return "" }
    defer {
      BIO_free(writer)
      ERR_clear_error()
    }
    guard X509_NAME_print_ex(writer, name, 0, UInt(AKIBA_NAME_FLAGS)) >= 0 else { return "" }
    var bytes = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(writer)))
    guard !bytes.isEmpty else { return "" }
    let count = BIO_read(writer, &bytes, CInt(bytes.count))
    return Printable.text(bytes.prefix(Int(max(0, count))))
  }

  private static func time(_ time: OpaquePointer?) -> FileTime? {
    defer { ERR_clear_error() }
    // A null time would stand for now.
    guard let time, let epoch = ASN1_TIME_set(nil, 0) else { return nil }
    defer { ASN1_STRING_free(epoch) }
    var days: CInt = 0
    var seconds: CInt = 0
    guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
    return FileTime(seconds: Int(days) * 86400 + Int(seconds), nanoseconds: 0)
  }
}

/// Text out of a certificate, which anybody may have written, for a terminal.
enum Printable {
  /// Longer names are cut; DNS names end at 253.
  private static let mostCharacters = 300

  /// Control characters, and those that turn the direction of writing, become `?`.
  static func text(_ bytes: some Collection<UInt8>) -> String {
    let scalars = String(decoding: bytes.prefix(mostCharacters * 4), as: UTF8.self).unicodeScalars.prefix(mostCharacters)
    return String(String.UnicodeScalarView(scalars.map { isHarmless($0) ? $0 : "?" }))
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x200b...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff: false
    default: true
    }
  }
}
