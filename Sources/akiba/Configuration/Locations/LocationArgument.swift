import SystemPackage
import Yams

/// A location as `--to` names it: `usb=/mnt/usb/cht`, `cloud=s3:https://host/bucket/cht,credentials=/root/s3,off-site=yes`.
///
/// What stands before the first `=` is its name, if it holds no `/` and no `:`. Behind the address follow settings, named as in the
/// configuration.
struct LocationArgument {
  private let text: String
  private let unnamed: String

  /// - Parameter unnamed: the name of one that has none.
  init(_ text: String, unnamed: String) {
    self.text = text
    self.unnamed = unnamed
  }

  func location() throws -> Configuration.Location {
    var parts = text.split(separator: ",", omittingEmptySubsequences: false)[...]
    var address = parts.removeFirst()
    // A comma belongs to the address unless a setting's name follows.
    while let next = parts.first, setting(next) == nil {
      address += ",\(next)"
      parts.removeFirst()
    }
    var values = Self.place(in: address, unnamed: unnamed)
    for part in parts {
      guard let (key, value) = setting(part) else { throw refusal("'\(part)' is no setting of a location") }
      values.append((key, key == "credentials" || key == "ca" || key == "ssh-config" ? Environment.absolute(value).string : value))
    }
    let node = Node.mapping(.init(values.map { (Node($0.0), Node($0.1)) }))
    do {
      return try LocationReading(node, in: "--to").location()
    } catch let error as ConfigurationError {
      throw refusal(error.problem, hints: error.hints)
    }
  }

  private func setting(_ part: Substring) -> (key: String, value: String)? {
    guard let equals = part.firstIndex(of: "="), LocationReading.keys.contains(String(part[..<equals])) else { return nil }
    return (String(part[..<equals]), String(part[part.index(after: equals)...]))
  }

  /// - Returns: `nil` for one without a name.
  private static func name(in text: some StringProtocol) -> String? {
    guard let equals = text.firstIndex(of: "="), !text[..<equals].contains(where: { $0 == "/" || $0 == ":" }) else { return nil }
    return String(text[..<equals])
  }

  private static func place(in text: Substring, unnamed: String) -> [(String, String)] {
    let given = name(in: text)
    let name = given ?? unnamed
    let address = given.map { text.dropFirst($0.count + 1) } ?? text
    for kind in Configuration.Remote.Kind.allCases where address.hasPrefix("\(kind.rawValue):") {
      // sftp://user@host:port//folder is an address as it is.
      let isURL = kind == .sftp && address.hasPrefix("sftp://")
      return [("name", name), (kind.rawValue, isURL ? String(address) : String(address.dropFirst(kind.rawValue.count + 1)))]
    }
    return [("name", name), ("path", Environment.absolute(String(address)).string)]
  }

  private func refusal(_ problem: String, hints: [String] = []) -> LocationError {
    // Not as it was typed: it may have a password in it.
    LocationError(summary: "location '\(Self.name(in: text) ?? unnamed)': \(problem)", hints: hints)
  }
}
