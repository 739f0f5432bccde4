import Primitives
import Files
import FoundationEssentials
package import Stores
package import SystemPackage

/// User and password for a REST server, by the names stock restic has for them.
///
/// Nothing here describes itself with the password in it.
package struct RESTCredentials: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  package static let userName = "RESTIC_REST_USERNAME"
  package static let passwordName = "RESTIC_REST_PASSWORD"
  /// In bytes; anything larger is not such a file.
  private static let largestFile = 1 << 16

  package let user: String
  /// For a kit; in no message.
  package let password: String

  /// - Parameter user: without a colon: it ends the user in HTTP's basic authentication.
  package init(user: String, password: String) throws(StoreError) {
    guard !user.isEmpty, !user.contains(":"), (user + password).unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
      throw StoreError(
        .other, "a REST server cannot have such a user or password: no user, a colon in it, or a control character in either")
    }
    self.user = user
    self.password = password
  }

  /// - Returns: `nil` if the environment names no user.
  package init?(environment: [String: String]) throws(StoreError) {
    guard let user = environment[Self.userName], !user.isEmpty else { return nil }
    self = try Self(user: user, password: environment[Self.passwordName] ?? "")
  }

  /// A file of lines `NAME=value`, as a shell reads them too: blank lines and `#` comments are passed over, a value may be quoted.
  package init(file path: FilePath) throws(StoreError) {
    let bytes: [UInt8]
    do {
      let file = try HeldFile(opening: path)
      bytes = try file.bytes(at: 0, count: min(file.byteCount, Self.largestFile))
    } catch {
      throw StoreError(.other, "cannot read the credentials file '\(path)'", hints: ["name a file that this user may read"])
    }
    guard let credentials = try Self(environment: Self.settings(String(decoding: bytes, as: UTF8.self))) else {
      throw StoreError(
        .other, "the credentials file '\(path)' names no user",
        hints: ["write two lines into it: \(Self.userName)=… and \(Self.passwordName)=…"])
    }
    self = credentials
  }

  /// The value of the header `Authorization`.
  var authorization: String { "Basic " + Data("\(user):\(password)".utf8).base64EncodedString() }

  package var description: String { "user '\(user)'" }
  package var customMirror: Mirror { Mirror(self, children: ["user": user]) }

  private static func settings(_ text: String) -> [String: String] {
    var settings: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let line = line.drop(while: \.isWhitespace)
      guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { continue }
      let name = line[..<equals].split(separator: " ").last ?? ""  // 'export' may stand before it
      settings[String(name)] = unquoted(line[line.index(after: equals)...])
    }
    return settings
  }

  private static func unquoted(_ value: Substring) -> String {
    for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
      return String(value.dropFirst().dropLast())
    }
    return String(value)
  }
}
