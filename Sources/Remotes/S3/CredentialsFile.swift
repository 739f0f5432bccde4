import Primitives
import Files
import Stores
package import SystemPackage

/// Access keys in AWS's own file format: sections `[profile]`, lines `name = value`, comments behind `#` or `;`.
///
/// Others may not read it; its group may, as that is how a service's user gets at a file of root's.
package enum CredentialsFile {
  /// In bytes; real ones have some hundred.
  private static let largest = 1 << 20
  private static let foreignAccess: UInt32 = 0o027

  static func read(_ path: FilePath, profile: String) throws -> S3Credentials {
    let text: String
    do {
      let file = try HeldFile(opening: path)
      guard file.metadata.permissions & foreignAccess == 0 else {
        throw StoreError(
          .denied, "others than its owner may read or change the credentials file '\(path)'", hints: ["chmod 600 '\(path)'"])
      }
      text = String(decoding: try file.bytes(at: 0, count: min(file.byteCount, largest)), as: UTF8.self)
    } catch let error as FileError {
      throw StoreError(
        .denied, "cannot read the credentials file '\(path)': \(error.errno.description)",
        hints: ["correct the location's 'credentials', or run as a user who may read it"])
    }
    return try credentials(in: text, profile: profile, of: path)
  }

  package static func credentials(in text: String, profile: String, of path: FilePath) throws -> S3Credentials {
    guard let values = profiles(in: text)[profile] else {
      throw StoreError(
        .denied, "the credentials file '\(path)' has no profile '\(profile)'",
        hints: ["write the keys below a line '[\(profile)]': aws_access_key_id = … and aws_secret_access_key = …"])
    }
    func value(_ name: String) throws -> String {
      if let value = values[name], !value.isEmpty { return value }
      throw StoreError(
        .denied, "profile '\(profile)' of the credentials file '\(path)' has no '\(name)'", hints: ["add a line '\(name) = …' to it"])
    }
    return S3Credentials(
      accessKey: try value("aws_access_key_id"), secretKey: try value("aws_secret_access_key"),
      sessionToken: values["aws_session_token"].flatMap { $0.isEmpty ? nil : $0 })
  }

  /// A profile that comes twice is one; of a value that comes twice the last counts. Lines of other shapes mean nothing.
  private static func profiles(in text: String) -> [String: [String: String]] {
    var profiles: [String: [String: String]] = [:]
    var profile: String?
    for line in text.split(whereSeparator: \.isNewline).map({ trimmed($0.drop { $0 == "\u{feff}" }) }) {
      guard let first = line.first, first != "#", first != ";" else { continue }
      if first == "[" {
        profile = line.last == "]" && line.count > 1 ? trimmed(line.dropFirst().dropLast()) : nil
        if let profile { profiles[profile, default: [:]].merge([:]) { $1 } }
      } else if let profile, let sign = line.firstIndex(of: "=") {
        profiles[profile]?[trimmed(line[..<sign]).lowercased()] = trimmed(line[line.index(after: sign)...])
      }
    }
    return profiles
  }

  private static func trimmed(_ text: Substring) -> String {
    var rest = text.drop(while: \.isWhitespace)
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
