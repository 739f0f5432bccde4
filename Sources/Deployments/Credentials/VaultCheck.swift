import CLibcrypto
package import CouchFormat
import FoundationEssentials
import Primitives
package import SystemPackage

/// Whether a secret opens the credentials in `medic-vault`: what a restore is worth to SMS gateways and other services.
///
/// A document `credential:…` has a `password`: the IV and the encrypted text in hexadecimal, a colon between them. AES-256-CBC with
/// PKCS #7 padding; the key is the secret's bytes, said over again until there are 32.
/// Source: medic/cht-core `shared-libs/settings/src/index.js`.
package struct VaultCheck: Hashable, Sendable {
  package let credentials: Int
  package let opened: Int

  private static let database = "medic-vault"
  private static let prefix = "credential:"
  private static let keyCount = 32
  private static let blockCount = 16

  /// - Parameter documents: JSON of the vault's documents. Those that hold no password do not count.
  package init(documents: [[UInt8]], secret: Secret) {
    let passwords = documents.compactMap { try? JSONDecoder().decode(Credential.self, from: Data($0)).password }.filter { !$0.isEmpty }
    credentials = passwords.count
    opened = secret.withBytes { secret in
      guard let key = Self.key(secret) else { return 0 }
      return passwords.count { Self.opens($0, key) }
    }
  }

  /// - Returns: `nil` if there is no vault.
  package static func open(dataFolders: [FilePath], secret: Secret) throws -> VaultCheck? {
    let databases = try LiveDatabases(dataFolders)
    guard try databases.contains(database) else { return nil }
    return VaultCheck(documents: try databases.documents(of: database, prefix: prefix), secret: secret)
  }

  package static func open(dataFolder: FilePath, secret: Secret) throws -> VaultCheck? {
    try open(dataFolders: [dataFolder], secret: secret)
  }

  private struct Credential: Decodable {
    let password: String
  }

  private static func key(_ secret: [UInt8]) -> [UInt8]? {
    secret.isEmpty ? nil : (0..<keyCount).map { secret[$0 % secret.count] }
  }

  /// A wrong key leaves right padding 1 time in 256; that the rest is UTF-8, too, is far rarer.
  private static func opens(_ password: String, _ key: [UInt8]) -> Bool {
    let parts = password.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let iv = Hex.decode(parts[0]), iv.count == blockCount, let sealed = Hex.decode(parts[1]), !sealed.isEmpty,
      sealed.count.isMultiple(of: blockCount), sealed.count < Int(CInt.max), let context = EVP_CIPHER_CTX_new()
    else { return false }
    var plain = [UInt8](repeating: 0, count: sealed.count + blockCount)
    defer {
      EVP_CIPHER_CTX_free(context)
      OPENSSL_cleanse(&plain, plain.count)
      ERR_clear_error()
    }
    var count: CInt = 0
    var rest: CInt = 0
    guard EVP_CipherInit_ex(context, EVP_aes_256_cbc(), nil, key, iv, 0) == 1,
      EVP_CipherUpdate(context, &plain, &count, sealed, CInt(sealed.count)) == 1
    else { return false }
    let isPadded = plain.withUnsafeMutableBufferPointer { plain in
      guard let base = plain.baseAddress else { return false }
      return EVP_CipherFinal_ex(context, base + Int(count), &rest) == 1
    }
    return isPadded && isUTF8(plain[..<Int(count + rest)])
  }

  private static func isUTF8(_ bytes: ArraySlice<UInt8>) -> Bool {
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue: continue
      case .emptyInput: return true
      case .error: return false
      }
    }
  }
}

extension FindingKind {
  package static let vaultUnopened = Self(rawValue: "vault-unopened")
}

extension VaultCheck {
  package var findings: [Finding] {
    guard opened < credentials else { return [] }
    return [
      Finding(
        opened == 0 ? .error : .warning, .vaultUnopened, database: Self.database,
        message: "the secret opens \(opened) of \(credentials) credentials in '\(Self.database)': SMS gateways and other services stop",
        remedy: opened == 0
          ? "find the secret they were encrypted with (COUCHDB_SECRET of an older '.env', an older credentials volume), or set them anew"
          : "set those credentials anew: they were encrypted with another secret")
    ]
  }
}
