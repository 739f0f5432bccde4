package import Stores

/// An answer of S3 that is no success.
package struct S3Failure {
  private static let longestMessage = 300

  let status: Int
  /// S3's own word for it; `nil` where the answer has no body or not S3's.
  let code: String?
  private let message: String?
  /// Where the bucket is, if the answer says so.
  private let region: String?
  /// The server's clock, in seconds since 1970.
  private let time: Int?

  package init(_ response: HTTPResponse) { self.init(response, S3XML.root(of: response.body)) }

  init(_ response: HTTPResponse, _ element: S3Element?) {
    let error = element?.name == "Error" ? element : nil
    status = response.status
    code = error?["Code"]
    message = error?["Message"]
    region = response.headers["x-amz-bucket-region"] ?? error?["Region"]
    time = (error?["ServerTime"]).flatMap(S3Time.seconds(iso:)) ?? response.headers["Date"].flatMap(S3Time.seconds(http:))
  }

  /// - Parameters:
  ///   - credentials: must not show up in what the server says.
  ///   - now: this host's clock, in seconds since 1970.
  package func error(
    cannot operation: String, _ what: some CustomStringConvertible, at place: S3Place, _ credentials: S3Credentials, now: Int
  ) -> StoreError {
    let meaning = Meaning(status: status, code: code, isDiskFull: saysDiskIsFull)
    return StoreError(
      meaning.kind, "cannot \(operation) \(what) in store '\(place.address)': \(reason(meaning, place, credentials, now))",
      hints: hints(meaning, place, credentials))
  }

  /// Servers that keep objects in files (MinIO's kin) pass on a full disk as an internal error, in these words of `strerror`.
  private var saysDiskIsFull: Bool {
    guard code == "InternalError", let message = message?.lowercased() else { return false }
    return message.contains("no space left on device") || message.contains("disk quota exceeded")
  }

  private func reason(_ meaning: Meaning, _ place: S3Place, _ credentials: S3Credentials, _ now: Int) -> String {
    switch meaning {
    case .skewedClock:
      guard let time else { return "this host's clock and the server's differ too much" }
      let difference = abs(now - time)
      return "this host's clock is \(difference < 120 ? "\(difference) seconds" : "\(difference / 60) minutes") "
        + (now < time ? "behind" : "ahead of") + " the server's"
    case .otherRegion where code == nil && region == nil: return "the server refers to another address"
    case .otherRegion: return "bucket '\(place.bucket)' is not in region '\(place.region)'" + (region.map { ", but in '\($0)'" } ?? "")
    case .noBucket: return "there is no bucket '\(place.bucket)'"
    default: return said(credentials)
    }
  }

  private func said(_ credentials: S3Credentials) -> String {
    var text = [code, message].compactMap(\.self).joined(separator: ": ")
    for secret in [credentials.secretKey, credentials.sessionToken].compactMap(\.self) { text = text.replacing(secret, with: "…") }
    let plain = String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) }.prefix(Self.longestMessage))
    return plain.isEmpty ? "the server answers with status \(status)" : plain
  }

  private func hints(_ meaning: Meaning, _ place: S3Place, _ credentials: S3Credentials) -> [String]? {
    switch meaning {
    case .noBucket: ["create the bucket '\(place.bucket)', or correct the location's address"]
    case .otherRegion where code == nil && region == nil: ["correct the location's address: 'https' or 'http', host and port"]
    case .otherRegion: [region.map { "set the location's 'region' to '\($0)'" } ?? "set the location's 'region' to that of the bucket"]
    case .wrongSecret:
      [
        "the secret does not belong to access key '\(credentials.accessKey)': copy it again",
        "if it does, something in between changes requests: address the server itself",
      ]
    case .unknownKey: ["the server at '\(place.endpoint)' does not know access key '\(credentials.accessKey)': correct it, or the address"]
    case .expired: ["renew the session token where the credentials come from; they are read again at every request"]
    case .forbidden:
      ["allow access key '\(credentials.accessKey)' to list bucket '\(place.bucket)', and to get, put and delete its objects"]
    case .skewedClock: ["set this host's clock: 'timedatectl set-ntp true', or correct the server's"]
    default: nil
    }
  }
}
