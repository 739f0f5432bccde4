import Primitives
import Remotes
import Stores
import TestSupport
import Testing

/// Answers as servers give them, whole and damaged.
struct S3AnswerTests {
  private static let listing = """
    <?xml version="1.0" encoding="UTF-8"?>
    <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><!-- c --><Name>b</Name><IsTruncated>true</IsTruncated>\
    <Contents><Key>p/data/00/a&amp;b&#x41;&#66;</Key><Size>17</Size><Owner><ID/></Owner></Contents>
    <Contents><Key><![CDATA[p/<x>]]></Key><Size>0</Size></Contents><NextContinuationToken a='>'>t/1=</NextContinuationToken></ListBucketResult>

    """
  private static let uploads = """
    <ListMultipartUploadsResult><Upload><Key>p/k</Key><UploadId>u1</UploadId><Initiated>2024-02-29T12:34:56.000Z</Initiated></Upload>\
    <IsTruncated>true</IsTruncated><NextKeyMarker>p/k</NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker></ListMultipartUploadsResult>
    """

  @Test func `a listing has rows and where it goes on`() throws {
    let listing = try #require(S3Listing(Array(Self.listing.utf8)))

    #expect(listing.rows.map(\.key) == ["p/data/00/a&bAB", "p/<x>"])
    #expect(listing.rows.map(\.byteCount) == [17, 0])
    #expect(listing.next == "t/1=")
    #expect(S3Listing(Array(Self.listing.replacing("true", with: "false").utf8))?.next == nil)
  }

  @Test func `a list of uploads has rows and where it goes on`() throws {
    let uploads = try #require(S3Uploads(Array(Self.uploads.utf8)))

    #expect(uploads.rows.map(\.begun) == [1_709_210_096])
    #expect(uploads.next?.key == "p/k" && uploads.next?.id == "u1")
  }

  @Test func `a listing that is cut off is never taken for a shorter one`() {
    let whole = Array(Self.listing.utf8)
    // The line breaks behind it are not part of it.
    for length in 0..<whole.count - 1 { #expect(S3Listing(Array(whole[..<length])) == nil || whole[length...].allSatisfy { $0 == 10 }) }
    let uploads = Array(Self.uploads.utf8)
    for length in 0..<uploads.count { #expect(S3Uploads(Array(uploads[..<length])) == nil) }
  }

  @Test(arguments: [
    "<!DOCTYPE x [<!ENTITY e \"boom\">]>" + listing, listing + "<a/>", listing.replacing("&amp;", with: "&e;"),
    listing.replacing("</Name>", with: "</Nam>"), listing.replacing("17", with: "-17"), listing.replacing("17", with: "many"),
    listing.replacing("true", with: "maybe"), listing.replacing("t/1=", with: ""), "<Error><Code>x</Code></Error>", "", "null",
    String(repeating: "<ListBucketResult>", count: 100_000), listing.replacing("&#66;", with: "&#xD800;"),
  ])
  func `what is no listing is none`(_ text: String) {
    #expect(S3Listing(Array(text.utf8)) == nil)
  }

  @Test(arguments: 0..<8)
  func `no flipped bit traps`(_ bit: Int) {
    for text in [Self.listing, Self.uploads] {
      for position in text.utf8.indices.map({ text.utf8.distance(from: text.utf8.startIndex, to: $0) }) {
        var bytes = Array(text.utf8)
        bytes[position] ^= 1 << UInt8(bit)
        for row in S3Listing(bytes)?.rows ?? [] { #expect(row.byteCount >= 0) }
        _ = S3Uploads(bytes)
        _ = S3Failure(HTTPResponse(status: 400, body: bytes))
      }
    }
  }

  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func `no noise traps`(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let pieces = [
      "<", ">", "</", "/>", "<?", "?>", "<!--", "-->", "<![CDATA[", "]]>", "&", ";", "&#", "&#x", "a", "Key", "=", "\"", "'", "\u{ff}",
    ]
    var bytes: [UInt8] = []
    for _ in 0..<200 {
      bytes += Bool.random(using: &random) ? Array(pieces.randomElement(using: &random)!.utf8) : random.bytes(1)
    }

    #expect(S3Listing(bytes) == nil)
    #expect(S3Uploads(bytes) == nil)
    #expect(ObjectLock(bytes) == nil)
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let status: Int
    var code: String?
    var message = ""
    var more = ""
    var headers: [String: String] = [:]
    let kind: StoreError.Kind
    let says: String

    var testDescription: String { "\(status) \(code ?? "")" }
  }

  /// Bodies as the S3 API reference has them.
  @Test(arguments: [
    Refusal(status: 404, code: "NoSuchKey", kind: .notFound, says: "NoSuchKey"),
    Refusal(status: 404, code: "NoSuchBucket", kind: .noSuchPlace, says: "there is no bucket 'b'\nhint: create the bucket 'b'"),
    Refusal(status: 403, code: "SignatureDoesNotMatch", kind: .denied, says: "hint: the secret does not belong to access key 'ACCESS'"),
    Refusal(status: 403, code: "InvalidAccessKeyId", kind: .denied, says: "does not know access key 'ACCESS'"),
    Refusal(
      status: 403, code: "AccessDenied", message: "User x may not", kind: .denied,
      says: "AccessDenied: User x may not\nhint: allow access key"),
    Refusal(status: 403, kind: .denied, says: "the server answers with status 403"),
    Refusal(
      status: 400, code: "ExpiredToken", message: "The provided token has expired.", kind: .denied,
      says: "has expired.\nhint: renew the session token"),
    Refusal(status: 400, code: "InvalidToken", kind: .denied, says: "renew the session token"),
    Refusal(
      status: 403, code: "RequestTimeTooSkewed", more: "<ServerTime>2024-02-29T12:34:56Z</ServerTime>", kind: .denied,
      says: "this host's clock is 21 minutes behind the server's\nhint: set this host's clock"),
    Refusal(
      status: 403, code: "RequestTimeTooSkewed", headers: ["Date": "Thu, 29 Feb 2024 11:34:56 GMT"], kind: .denied,
      says: "this host's clock is 38 minutes ahead of the server's"),
    Refusal(
      status: 301, code: "PermanentRedirect", headers: ["x-amz-bucket-region": "eu-west-1"], kind: .noSuchPlace,
      says: "bucket 'b' is not in region 'moon-1', but in 'eu-west-1'\nhint: set the location's 'region' to 'eu-west-1'"),
    Refusal(status: 301, headers: ["x-amz-bucket-region": "eu-west-1"], kind: .noSuchPlace, says: "but in 'eu-west-1'"),
    Refusal(
      status: 400, code: "AuthorizationHeaderMalformed", more: "<Region>eu-west-1</Region>", kind: .noSuchPlace, says: "but in 'eu-west-1'"),
    Refusal(status: 302, kind: .noSuchPlace, says: "the server refers to another address"),
    Refusal(
      status: 503, code: "SlowDown", message: "Please reduce your request rate.", kind: .unreachable, says: "SlowDown: Please reduce"),
    Refusal(status: 500, code: "InternalError", kind: .unreachable, says: "InternalError"),
    Refusal(status: 502, kind: .unreachable, says: "status 502"),
    Refusal(status: 429, kind: .unreachable, says: "status 429"),
    Refusal(status: 400, code: "RequestTimeout", kind: .unreachable, says: "RequestTimeout"),
    Refusal(status: 400, code: "BadDigest", kind: .unreachable, says: "BadDigest"),
    Refusal(status: 507, kind: .full, says: "free some space there"),
    Refusal(status: 403, code: "QuotaExceeded", kind: .full, says: "QuotaExceeded"),
    Refusal(status: 400, code: "EntityTooLarge", kind: .full, says: "EntityTooLarge"),
    Refusal(
      status: 500, code: "InternalError", message: "try again.: cause(no space left on device)", kind: .full,
      says: "no space left on device"),
    Refusal(status: 501, code: "NotImplemented", kind: .other, says: "NotImplemented"),
    Refusal(status: 412, code: "PreconditionFailed", kind: .alreadyExists, says: "PreconditionFailed"),
    Refusal(status: 400, code: "Odd", message: "with topsecret\nand toptoken\u{7f}", kind: .other, says: "Odd: with … and … "),
  ])
  func `a refusal says what is wrong and what to do`(_ refusal: Refusal) throws {
    let place = try S3Place("http://127.0.0.1:9000/b/p", region: "moon-1")
    let credentials = S3Credentials(accessKey: "ACCESS", secretKey: "topsecret", sessionToken: "toptoken")
    let body = refusal.code.map { "<Error><Code>\($0)</Code><Message>\(refusal.message)</Message>\(refusal.more)</Error>" } ?? ""
    let headers = HTTPHeaders(refusal.headers.map { HTTPHeaders.Field(name: $0, value: $1) })
    let response = HTTPResponse(status: refusal.status, headers: headers, body: Array(body.utf8))

    let error = S3Failure(response).error(
      cannot: "store", ObjectName.config, at: place, credentials, now: 1_709_210_096 - 21 * 60 - 12)

    #expect(error.kind == refusal.kind)
    #expect(error.summary.hasPrefix("cannot store config in store 's3:http://127.0.0.1:9000/b/p': "))
    #expect(error.description.contains(refusal.says), "\(error)")
    #expect(!error.description.contains("topsecret") && !error.description.contains("toptoken"))
  }
}
