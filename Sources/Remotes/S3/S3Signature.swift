import Crypto
import FoundationEssentials
import Primitives

/// AWS Signature Version 4 of one request, carried in its headers.
///
/// Source: the S3 API reference, "Authenticating Requests: Using the Authorization Header (transferring payload in a single chunk)".
package struct S3Signature {
  private static let algorithm = "AWS4-HMAC-SHA256"

  let method: String
  /// Percent-encoded once, as it is sent.
  let path: String
  /// As `PercentEncoding.query` makes it.
  let query: String
  /// All that are signed, `host` among them.
  let headers: [HTTPHeaders.Field]
  /// SHA-256 of the body, in hexadecimal.
  let payload: String
  /// `20130524T000000Z`.
  let stamp: String
  let region: String

  package init(
    method: String, path: String, query: String, headers: [HTTPHeaders.Field], payload: String, stamp: String, region: String
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.payload = payload
    self.stamp = stamp
    self.region = region
  }

  /// The value of the header `Authorization`.
  package func authorization(_ credentials: S3Credentials) -> String {
    "\(Self.algorithm) Credential=\(credentials.accessKey)/\(scope),SignedHeaders=\(signedNames),Signature=\(signature(credentials))"
  }

  private var scope: String { "\(stamp.prefix(8))/\(region)/s3/aws4_request" }

  private var signedHeaders: [HTTPHeaders.Field] {
    headers.map { HTTPHeaders.Field(name: $0.name.lowercased(), value: $0.value) }.sorted { $0.name < $1.name }
  }

  private var signedNames: String { signedHeaders.map(\.name).joined(separator: ";") }

  private func signature(_ credentials: S3Credentials) -> String {
    let lines = signedHeaders.map { "\($0.name):\($0.value)" }
    let request = [method, path, query] + lines + ["", signedNames, payload]
    let text = [Self.algorithm, stamp, scope, ContentID(hashing: Array(request.joined(separator: "\n").utf8)).hex].joined(separator: "\n")
    var key = Array("AWS4\(credentials.secretKey)".utf8)
    for part in [String(stamp.prefix(8)), region, "s3", "aws4_request"] { key = Self.code(part, key) }
    return Hex.encode(Self.code(text, key))
  }

  private static func code(_ text: String, _ key: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
  }
}
