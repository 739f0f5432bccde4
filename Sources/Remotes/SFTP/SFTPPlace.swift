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
    let parts = try text.hasPrefix("sftp://") ? SFTPAddressParts(url: text) : SFTPAddressParts(short: text)
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
    guard port != nil || host.contains(":") else {
      return "sftp:\(login)\(host):\(SFTPAddressParts.looksLikeLogin(folder) ? "./" : "")\(folder)"
    }
    let host = host.contains(":") ? "[\(host)]" : host
    return "sftp://\(Self.escaped(login))\(host)\(port.map { ":\($0)" } ?? "")/\(Self.escaped(folder))"
  }

  static func malformed(_ text: String, _ reason: String, hint: String? = nil) -> StoreError {
    StoreError(
      .other, "'\(withoutPassword(text))' is not an SFTP address: \(reason)",
      hints: [hint ?? "write 'sftp:user@host:/folder', or 'sftp://user@host:2222//folder' for another port"])
  }

  /// What lies between a colon and an '@' may be one.
  private static func withoutPassword(_ text: String) -> String {
    let scheme = text.prefix(text.hasPrefix("sftp://") ? 7 : 5)
    guard let sign = text.lastIndex(of: "@"), let colon = text[scheme.endIndex...].firstIndex(of: ":"), colon < sign else { return text }
    return text[...colon] + "…" + text[sign...]
  }

  /// Nothing that ssh takes for an option, or that a shell in a `ProxyCommand` of the user's would interpret.
  private static func isSafe(host: String) -> Bool {
    !host.isEmpty && !host.hasPrefix("-")
      && host.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil || ".-_:%".unicodeScalars.contains($0))
      }
  }

  private static func isSafe(user: String) -> Bool {
    !user.isEmpty && !user.hasPrefix("-") && !user.hasSuffix("\\") && user.utf8.allSatisfy { $0 > 32 && $0 != 127 }
      && !user.contains { "'`\";&<>|(){}$".contains($0) }
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
