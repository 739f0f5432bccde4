import Stores

/// An address taken apart, not yet judged.
struct SFTPAddressParts {
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
    guard !Self.looksLikeLogin(folder) else { throw Self.password }
    (user, host) = Self.split(login)
  }

  /// `sftp://user@host:port/folder`
  init(url text: String) throws {
    let rest = text.dropFirst(7)
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let (user, place) = Self.split(rest[..<slash])
    guard user?.contains(":") != true else { throw Self.password }
    guard slash < rest.endIndex else { throw SFTPPlace.malformed(text, "it names no folder") }
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

  /// Not to be repeated in any message.
  private static let password = StoreError(
    .other, "an SFTP address holds what looks like a password",
    hints: [
      "leave it out: ssh logs in with a key; see 'man ssh-keygen' and 'man ssh-copy-id'",
      "if the '@' belongs to a relative folder, write './' in front of that",
    ])

  /// `user:password@host:/folder`, read as it must be: host `user` and the rest a relative folder.
  static func looksLikeLogin(_ folder: String) -> Bool {
    !folder.hasPrefix("./") && folder.prefix { $0 != "/" }.contains("@")
  }

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
