import Stores

/// Where a repository lies on an SFTP server, in the words stock restic takes.
///
/// `sftp:user@host:/folder` and `sftp://user@host:2222//folder` are absolute; `sftp:user@host:folder` and `sftp://user@host:2222/folder` are
/// relative to the folder in which the login ends up.
package struct SFTPPlace: Hashable, Sendable {
  /// `nil`: whoever ssh's configuration says.
  package let user: String?
  /// A name that ssh knows, or an address, IPv6 without brackets.
  package let host: String
  /// `nil`: whatever ssh's configuration says.
  package let port: UInt16?
  /// Without empty parts and `.`; relative to the login's folder unless it begins with `/`.
  package let folder: String

  /// - Throws: `.other`, with what is wrong and how to write it.
  package init(parsing text: String) throws {
    let parts = try text.hasPrefix("sftp://") ? Parts(url: text) : Parts(short: text)
    guard Self.isSafe(host: parts.host) else { throw Self.malformed(text, "'\(parts.host)' is no name of a host") }
    if let user = parts.user, !Self.isSafe(user: user) { throw Self.malformed(text, "'\(user)' is no name of a user") }
    let folder = Self.cleaned(parts.folder)
    guard !folder.isEmpty else { throw Self.malformed(text, "it names no folder") }
    guard !folder.hasPrefix("~") else {
      throw Self.malformed(
        text, "an SFTP server does not know '~'", hint: "leave out '~/': a folder without a slash in front is in the home")
    }
    guard !folder.unicodeScalars.contains(where: { $0.value < 32 }) else { throw Self.malformed(text, "its folder has control characters") }
    user = parts.user
    host = parts.host
    port = parts.port
    self.folder = folder
  }

  /// As stock restic takes it after `-r`.
  package var address: String {
    let login = user.map { "\($0)@" } ?? ""
    guard port != nil || host.contains(":") else { return "sftp:\(login)\(host):\(folder)" }
    let host = host.contains(":") ? "[\(host)]" : host
    return "sftp://\(Self.escaped(login))\(host)\(port.map { ":\($0)" } ?? "")/\(Self.escaped(folder))"
  }

  fileprivate static func malformed(_ text: String, _ reason: String, hint: String? = nil) -> StoreError {
    StoreError(
      .other, "'\(text)' is not an SFTP address: \(reason)",
      hints: [hint ?? "write 'sftp:user@host:/folder', or 'sftp://user@host:2222//folder' for another port"])
  }

  /// Nothing that ssh takes for an option, or that a shell in a `ProxyCommand` of the user's would interpret.
  private static func isSafe(host: String) -> Bool {
    !host.isEmpty && !host.hasPrefix("-")
      && host.utf8.allSatisfy { isLetterOrDigit($0) || [".", "-", "_", ":", "%"].contains(UInt8.character($0)) }
  }

  private static func isSafe(user: String) -> Bool {
    !user.isEmpty && !user.hasPrefix("-") && !user.hasSuffix("\\") && user.utf8.allSatisfy { $0 > 32 && $0 != 127 }
      && !user.contains { "'`\";&<>|(){}$".contains($0) }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }

  /// As restic's path.Clean, so that both mean the same folder.
  private static func cleaned(_ path: String) -> String {
    let isAbsolute = path.hasPrefix("/")
    var parts: [Substring] = []
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." {
        parts.removeLast()
      } else if part != ".." || !isAbsolute {
        parts.append(part)
      }
    }
    return (isAbsolute ? "/" : "") + parts.joined(separator: "/")
  }

  private static func escaped(_ text: String) -> String {
    text.map { ["%": "%25", "?": "%3F", "#": "%23", " ": "%20"][$0] ?? String($0) }.joined()
  }
}

extension UInt8 {
  fileprivate static func character(_ byte: UInt8) -> Character { Character(Unicode.Scalar(byte)) }
}

/// An address taken apart, not yet judged.
private struct Parts {
  var user: String?
  var host: String
  var port: UInt16?
  var folder: String

  /// `sftp:user@host:folder`
  init(short text: String) throws {
    guard text.hasPrefix("sftp:"), let colon = text.dropFirst(5).firstIndex(of: ":") else {
      throw SFTPPlace.malformed(text, "it has no host and folder with a colon between")
    }
    let login = text.dropFirst(5)[..<colon]
    folder = String(text[text.index(after: colon)...])
    guard !login.hasPrefix("[") else {
      throw SFTPPlace.malformed(text, "it holds an IPv6 address", hint: "write 'sftp://user@[::1]//folder'")
    }
    if let sign = folder.firstIndex(of: "@"), !folder.hasPrefix("/"), folder[sign...].contains(":") { throw Self.password }
    (user, host) = Self.split(login)
  }

  /// `sftp://user@host:port/folder`
  init(url text: String) throws {
    let rest = text.dropFirst(7)
    guard let slash = rest.firstIndex(of: "/") else { throw SFTPPlace.malformed(text, "it names no folder") }
    let (user, place) = Self.split(rest[..<slash])
    guard user?.contains(":") != true else { throw Self.password }
    let hostEnd = place.hasPrefix("[") ? place.firstIndex(of: "]").map { place.index(after: $0) } : place.firstIndex(of: ":")
    host = String(place[..<(hostEnd ?? place.endIndex)])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    if let hostEnd, hostEnd < place.endIndex {
      guard place[hostEnd] == ":", let number = UInt16(place[hostEnd...].dropFirst()), number > 0 else {
        throw SFTPPlace.malformed(text, "its port is no number from 1 to 65535")
      }
      port = number
    }
    guard let folder = Self.unescaped(rest[rest.index(after: slash)...]), let name = Self.unescaped(user.map { $0[...] } ?? "") else {
      throw SFTPPlace.malformed(text, "a '%' in it is not followed by two hexadecimal digits", hint: "write '%25' for '%'")
    }
    self.user = user.map { _ in name }
    self.folder = folder
  }

  private static let password = StoreError(
    .other, "an SFTP address holds a password", hints: ["leave it out: ssh logs in with a key; see 'man ssh-keygen' and 'man ssh-copy-id'"])

  private static func split(_ login: Substring) -> (user: String?, host: String) {
    guard let sign = login.lastIndex(of: "@") else { return (nil, String(login)) }
    return (String(login[..<sign]), String(login[login.index(after: sign)...]))
  }

  private static func unescaped(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let digits = String(rest.prefix(2)), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
