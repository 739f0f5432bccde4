import Stores

/// Where a repository lies in object storage: server, bucket and the prefix of its keys.
package struct S3Place: Sendable, Hashable {
  /// How a bucket is named in requests.
  package enum Addressing: String, Sendable, CaseIterable {
    /// `https://endpoint/bucket/key`; every server has it.
    case path
    /// `https://bucket.endpoint/key`, as AWS prefers it.
    case host
  }

  private static let amazon = ".amazonaws.com"
  /// Where servers that have no regions pretend to be.
  private static let usualRegion = "us-east-1"

  /// `http` or `https`.
  let scheme: String
  /// With its port where it is not the scheme's own.
  let endpoint: String
  package let bucket: String
  /// Without slashes at its ends; empty for the bucket itself.
  package let prefix: String
  package let region: String
  package let addressing: Addressing

  /// - Parameters:
  ///   - address: `https://endpoint[:port]/bucket[/prefix]`, percent-encoded, with or without `s3:` before it.
  ///   - region: left out, that of an endpoint of AWS, else `us-east-1`.
  ///   - addressing: left out, `host` for AWS and `path` for all others.
  /// - Throws: `StoreError` with kind `noSuchPlace` for anything else.
  package init(_ address: String, region: String? = nil, addressing: Addressing? = nil) throws {
    let url = address.hasPrefix("s3:") ? address.dropFirst(3) : address[...]
    guard let mark = url.firstRange(of: "://"), case let scheme = url[..<mark.lowerBound].lowercased(), ["http", "https"].contains(scheme)
    else { throw Self.invalid(url, "it does not begin with 'https://'") }
    let parts = url[mark.upperBound...].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let server = parts[0].lowercased()
    guard !server.contains("@") else { throw Self.invalid(url, "keys belong into the location's credentials") }
    guard !url.contains(where: { "?#".contains($0) }), !server.isEmpty, server.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw Self.invalid(url, "it names no server")
    }
    let names = parts.dropFirst().first?.split(separator: "/").map(PercentEncoding.decode) ?? []
    guard let bucket = names.first ?? nil, Self.isBucket(bucket) else { throw Self.invalid(url, "it names no bucket") }
    let folders = names.dropFirst().compactMap(\.self)
    guard folders.count == names.count - 1, folders.allSatisfy(Self.isFolder) else { throw Self.invalid(url, "its prefix cannot be used") }

    self.scheme = scheme
    endpoint = Self.endpoint(server, scheme)
    self.bucket = bucket
    prefix = folders.joined(separator: "/")
    self.region = region ?? Self.region(of: endpoint) ?? Self.usualRegion
    self.addressing = addressing ?? (endpoint.hasSuffix(Self.amazon) && !bucket.contains(".") ? .host : .path)
  }

  /// As stock restic takes it.
  package var address: String {
    let names = [bucket] + (prefix.isEmpty ? [] : [prefix])
    return "s3:\(scheme)://\(endpoint)/" + PercentEncoding.encode(names.joined(separator: "/"), keepingSlashes: true)
  }

  /// The value of `Host`.
  package var host: String { addressing == .host ? "\(bucket).\(endpoint)" : endpoint }

  /// Of a key or, for `nil`, of the bucket; percent-encoded.
  package func path(of key: String?) -> String {
    let names = (addressing == .host ? [] : [bucket]) + (key.map { [$0] } ?? [])
    return "/" + PercentEncoding.encode(names.joined(separator: "/"), keepingSlashes: true)
  }

  func key(of name: ObjectName) -> String { keyPrefix + name.path }

  /// What all keys of the repository begin with.
  var keyPrefix: String { prefix.isEmpty ? "" : prefix + "/" }

  /// The object of a kind that a key names.
  ///
  /// - Returns: `nil` for a foreign key.
  func name(_ kind: ObjectName.Kind, key: String) -> ObjectName? {
    guard let file = key.split(separator: "/").last, let name = ObjectName(kind, fileName: String(file)), self.key(of: name) == key else {
      return nil
    }
    return name
  }

  private static func isBucket(_ name: String) -> Bool {
    isFolder(name)
      && name.utf8.allSatisfy { byte in
        let character = Character(Unicode.Scalar(byte))
        return byte < 0x80 && (character.isLetter || character.isNumber || "-._".contains(character))
      }
  }

  private static func isFolder(_ name: String) -> Bool {
    name != "." && name != ".." && !name.contains("/") && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
  }

  private static func endpoint(_ server: String, _ scheme: String) -> String {
    let port = scheme == "http" ? ":80" : ":443"
    return server.hasSuffix(port) ? String(server.dropLast(port.count)) : server
  }

  /// Of `s3.eu-west-1.amazonaws.com`.
  private static func region(of endpoint: String) -> String? {
    let names = endpoint.split(separator: ".")
    guard endpoint.hasSuffix(amazon), names.count == 4, names[0] == "s3" else { return nil }
    return String(names[1])
  }

  private static func invalid(_ url: Substring, _ reason: String) -> StoreError {
    StoreError(
      .noSuchPlace, "'\(HTTPAddress.shown(String(url)))' is not an address of object storage: \(reason)",
      hints: ["write it as https://ENDPOINT/BUCKET/PREFIX"])
  }
}
