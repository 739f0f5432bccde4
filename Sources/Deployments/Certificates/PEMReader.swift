import CLibcrypto

/// Certificates and keys out of PEM text, through libcrypto.
///
/// It is read as nginx reads it: text around the blocks and blocks of other kinds are passed by, the first certificate is the
/// server's, the first key counts.
/// Source: nginx `ngx_event_openssl.c`, `ngx_ssl_load_certificate`; openssl `pem_lib.c`.
enum PEMReader {
  /// Far more than any chain; keeps a wrong file from being decoded for long.
  private static let mostBytes = 1 << 20

  enum KeyResult {
    case key(PrivateKey)
    case encrypted
    case unreadable
  }

  /// All certificates in order. Empty if there is none; `nil` if one does not decode.
  static func certificates(_ text: [UInt8]) -> [Certificate]? {
    guard text.count <= mostBytes else { return nil }
    defer { ERR_clear_error() }
    return withReader(of: text) { reader in
      var certificates: [Certificate] = []
      while let pointer = certificates.isEmpty
        ? PEM_read_bio_X509_AUX(reader, nil, refuse, nil) : PEM_read_bio_X509(reader, nil, refuse, nil)
      {
        certificates.append(Certificate(owning: pointer))
      }
      let code = ERR_peek_last_error()
      let isAtEnd = akiba_error_library(code) == AKIBA_ERR_LIB_PEM && akiba_error_reason(code) == AKIBA_PEM_R_NO_START_LINE
      return isAtEnd ? certificates : nil
    }
  }

  static func key(_ text: [UInt8]) -> KeyResult {
    guard text.count <= mostBytes else { return .unreadable }
    defer { ERR_clear_error() }
    var wasAsked = false
    let pointer = withReader(of: text) { reader in
      withUnsafeMutablePointer(to: &wasAsked) { PEM_read_bio_PrivateKey(reader, nil, refuse, $0) }
    }
    if let pointer { return .key(PrivateKey(owning: pointer)) }
    return wasAsked ? .encrypted : .unreadable
  }

  private static func withReader<Result>(of text: [UInt8], _ body: (OpaquePointer) -> Result?) -> Result? {
    ERR_clear_error()
    return text.withUnsafeBytes { bytes in
      guard let reader = BIO_new_mem_buf(bytes.baseAddress, CInt(bytes.count)) else { return nil }
      defer { BIO_free(reader) }
      return body(reader)
    }
  }
}

/// The password callback: says in the `Bool` behind its last argument that it was called, and gives no password.
///
/// Without a callback OpenSSL would ask on the terminal, and wait there.
private func refuse(_: UnsafeMutablePointer<CChar>?, _: CInt, _: CInt, wasAsked: UnsafeMutableRawPointer?) -> CInt {
  wasAsked?.assumingMemoryBound(to: Bool.self).pointee = true
  return -1
}

/// A decoded private key; its memory is overwritten when it is let go of.
final class PrivateKey {
  let pointer: OpaquePointer

  fileprivate init(owning pointer: OpaquePointer) { self.pointer = pointer }

  deinit { EVP_PKEY_free(pointer) }

  /// Signs some bytes. `nil` if the key cannot sign, or is too long to be waited for.
  func signature(of bytes: [UInt8]) -> [UInt8]? {
    guard EVP_PKEY_get_bits(pointer) <= Self.mostBits, let context = EVP_MD_CTX_new() else { return nil }
    defer {
      EVP_MD_CTX_free(context)
      ERR_clear_error()
    }
    var count = 0
    // Without a digest's name the key's own default is taken; Ed25519 has none.
    guard EVP_DigestSignInit(context, nil, nil, nil, pointer) == 1, EVP_DigestSign(context, nil, &count, bytes, bytes.count) == 1 else {
      return nil
    }
    var signature = [UInt8](repeating: 0, count: count)
    guard EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1 else { return nil }
    return Array(signature.prefix(count))
  }

  /// OpenSSL refuses longer RSA keys for public operations; with private ones it would compute for hours.
  private static let mostBits: CInt = 16384
}
