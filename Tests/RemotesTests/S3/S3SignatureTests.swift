import Primitives
import Remotes
import Testing

/// The examples of AWS's documentation ("Signature Calculations for the Authorization Header"), with AWS's own made-up keys.
struct S3SignatureTests {
  private static let credentials = S3Credentials(
    accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")

  struct Example: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let method: String
    let key: String
    var query: [String: String] = [:]
    var headers: [String: String] = [:]
    var body = ""
    let signature: String
  }

  @Test(arguments: [
    Example(
      testDescription: "GET Object", method: "GET", key: "test.txt", headers: ["Range": "bytes=0-9"],
      signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    Example(
      testDescription: "PUT Object", method: "PUT", key: "test$file.text",
      headers: ["Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"], body: "Welcome to Amazon S3.",
      signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    Example(
      testDescription: "GET Bucket Lifecycle", method: "GET", key: "", query: ["lifecycle": ""],
      signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    Example(
      testDescription: "List Objects", method: "GET", key: "", query: ["prefix": "J", "max-keys": "2"],
      signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
  ])
  func `AWS's examples are signed as AWS signs them`(_ example: Example) throws {
    let place = try S3Place("https://s3.amazonaws.com/examplebucket")
    let payload = ContentID(hashing: Array(example.body.utf8)).hex
    let stamp = S3Time.stamp(1_369_353_600)
    let headers = ["Host": place.host, "x-amz-content-sha256": payload, "x-amz-date": stamp].merging(example.headers) { $1 }
    let signature = S3Signature(
      method: example.method, path: place.path(of: example.key), query: PercentEncoding.query(example.query.map { ($0, $1) }),
      headers: headers.map { HTTPHeaders.Field(name: $0, value: $1) }, payload: payload, stamp: stamp, region: place.region)

    let authorization = signature.authorization(Self.credentials)

    let names = headers.keys.map { $0.lowercased() }.sorted().joined(separator: ";")
    #expect(
      authorization
        == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=\(names),"
        + "Signature=\(example.signature)")
  }

  @Test func `what is sent is encoded once, in upper case, and sorted as encoded`() {
    #expect(PercentEncoding.encode("a b/c+d~é", keepingSlashes: true) == "a%20b/c%2Bd~%C3%A9")
    #expect(PercentEncoding.encode("a/b") == "a%2Fb")
    #expect(PercentEncoding.query([("b", "="), ("a-", "2"), ("a", "1"), ("a", "0")]) == "a=0&a=1&a-=2&b=%3D")
    #expect(PercentEncoding.decode("a%20b%C3%A9") == "a bé")
    for damaged in ["%", "%2", "%zz", "%ff"] { #expect(PercentEncoding.decode(damaged) == nil, "\(damaged)") }
  }

  @Test func `times are written and read as S3 has them`() {
    #expect(S3Time.stamp(0) == "19700101T000000Z")
    #expect(S3Time.stamp(1_709_210_096) == "20240229T123456Z")
    #expect(S3Time.seconds(iso: "2024-02-29T12:34:56.789Z") == 1_709_210_096)
    #expect(S3Time.seconds(http: "Thu, 29 Feb 2024 12:34:56 GMT") == 1_709_210_096)
    for day in stride(from: 0, to: 40_000 * 86_400, by: 86_400 * 17 + 3661) {
      let stamp = Array(S3Time.stamp(day))
      let iso =
        "\(String(stamp[0..<4]))-\(String(stamp[4..<6]))-\(String(stamp[6..<8]))T\(String(stamp[9..<11])):\(String(stamp[11..<13])):"
        + "\(String(stamp[13..<15]))Z"
      #expect(S3Time.seconds(iso: iso) == day)
    }
    for other in ["", "2024-02-29", "2024-13-29T12:34:56Z", "yesterday", "２０２４-02-29T12:34:56Z"] {
      #expect(S3Time.seconds(iso: other) == nil)
    }
  }
}
