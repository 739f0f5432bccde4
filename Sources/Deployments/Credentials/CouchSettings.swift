import Files
import Primitives
package import SystemPackage

/// What CouchDB's ini files say, later files over earlier ones. Values that are secrets come out as `Secret` only.
package struct CouchSettings: Sendable {
  /// In the order they were read.
  package let fileNames: [String]
  private let values: [IniText.Key: Secret]

  /// - Parameter files: in CouchDB's order: `local.ini`, then `local.d` in order of name.
  package init(files: [(name: String, bytes: [UInt8])]) {
    fileNames = files.map(\.name)
    var values: [IniText.Key: Secret] = [:]
    for file in files { values.merge(IniText.parse(file.bytes).mapValues { Secret($0) }) { $1 } }
    self.values = values
  }

  /// Reads ini files, and the `*.ini` of folders in order of their bytes, as CouchDB does.
  ///
  /// - Parameter places: `local.ini`, `local.d`. What is not there is passed by; `fileNames` tells.
  package init(reading places: [FilePath]) throws {
    var files: [(name: String, bytes: [UInt8])] = []
    for path in try places.flatMap(Self.expanded) {
      let file = try HeldFile(opening: path)
      files.append((path.string, try file.bytes(at: 0, count: min(file.byteCount, Self.mostBytes))))
    }
    self.init(files: files)
  }

  /// Far more than any settings.
  private static let mostBytes = 4 << 20

  private static func expanded(_ place: FilePath) throws -> [FilePath] {
    guard let kind = try FileMetadata.ifPresent(place)?.kind else { return [] }
    guard kind == .folder else { return [place] }
    return try Folder.entries(of: place).map(\.name).filter { $0.extension == "ini" && !$0.string.hasPrefix(".") }
      .sorted { Array($0.string.utf8).lexicographicallyPrecedes(Array($1.string.utf8)) }.map(place.appending)
  }

  private func value(_ section: String, _ name: String) -> Secret? { values[IniText.Key(section: section, name: name)] }

  private func text(_ section: String, _ name: String) -> String? {
    value(section, name)?.withBytes { String(decoding: $0, as: UTF8.self) }
  }
}

extension CouchSettings {
  /// The server's identity: part of every checkpoint.
  package var uuid: String? { text("couchdb", "uuid") }

  /// What signs session cookies: the newer place counts before the older.
  package var sessionSecret: Secret? { value("chttpd_auth", "secret") ?? vaultSecret }

  /// What `medic-vault` is encrypted with: CHT reads `couch_httpd_auth/secret` and nothing else.
  package var vaultSecret: Secret? { value("couch_httpd_auth", "secret") }

  /// Names, in order.
  package var admins: [String] { values.keys.filter { $0.section == "admins" }.map(\.name).sorted() }

  /// Admins whose passwords stand there as they are: CouchDB replaces them by hashes at its next start.
  package var plainTextAdmins: [String] {
    admins.filter { name in
      guard let value = value("admins", name) else { return false }
      return !value.withBytes { $0.starts(with: "-pbkdf2".utf8) || $0.starts(with: "-hashed-".utf8) }
    }
  }

  /// Where the search service is, without a user and password it might name.
  package var nouveauURL: String? {
    guard let url = text("nouveau", "url") else { return nil }
    let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, let at = parts[2].lastIndex(of: "@") else { return url }
    return (parts[..<2] + [parts[2][parts[2].index(after: at)...]] + parts[3...]).joined(separator: "/")
  }
}
