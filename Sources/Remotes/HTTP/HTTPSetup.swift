import CCurl
import SystemPackage

/// What a request and the options mean in libcurl's terms.
struct HTTPSetup {
  private let headers: UnsafeMutablePointer<curl_slist>?

  init(_ request: HTTPRequest, _ options: HTTPClient.Options, on easy: UnsafeMutableRawPointer) throws {
    try Self.check(request)
    akiba_curl_set_number(easy, CURLOPT_NOSIGNAL, 1)
    akiba_curl_set_number(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    // Empty, not unset: unset means the environment's.
    akiba_curl_set_text(easy, CURLOPT_PROXY, "")
    akiba_curl_set_number(easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, Int(options.connectTimeout / .milliseconds(1))))
    akiba_curl_set_text(easy, CURLOPT_URL, request.url)
    // A name may be '.' or '..'; it is no way through folders.
    akiba_curl_set_number(easy, CURLOPT_PATH_AS_IS, 1)
    if let socket = options.unixSocket { Self.set(easy, CURLOPT_UNIX_SOCKET_PATH, socket) }
    Self.setSecurity(options, on: easy)
    Self.setMethod(request, on: easy)
    headers = try Self.list(request.headers, hasBody: request.body != nil)
    akiba_curl_set_list(easy, CURLOPT_HTTPHEADER, headers)
  }

  func free() { curl_slist_free_all(headers) }

  private static func check(_ request: HTTPRequest) throws {
    let url = request.url
    guard url.hasPrefix("http://") || url.hasPrefix("https://"), url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw HTTPError(.invalid, "'\(HTTPAddress.shown(url))' is not an address of http or https")
    }
    guard !HTTPAddress.authority(url).contains("@") else {
      throw HTTPError(.invalid, "the address '\(HTTPAddress.shown(url))' has a user or password in it")
    }
    for field in request.headers.fields {
      // A line break would start a header of its own.
      guard !field.name.isEmpty, field.name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ":") }),
        field.value.utf8.allSatisfy({ $0 != 0 && $0 != 10 && $0 != 13 })
      else { throw HTTPError(.invalid, "the header '\(field.name)' cannot be sent") }
    }
  }

  private static func setSecurity(_ options: HTTPClient.Options, on easy: UnsafeMutableRawPointer) {
    akiba_curl_set_number(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    if let file = options.caFile { set(easy, CURLOPT_CAINFO, file) }
    if let file = options.clientCertificate { set(easy, CURLOPT_SSLCERT, file) }
    if let file = options.clientKey { set(easy, CURLOPT_SSLKEY, file) }
  }

  private static func setMethod(_ request: HTTPRequest, on easy: UnsafeMutableRawPointer) {
    if let body = request.body {
      akiba_curl_set_number(easy, CURLOPT_POST, 1)
      akiba_curl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      akiba_curl_set_number(easy, CURLOPT_UPLOAD_BUFFERSIZE, 1 << 20)
    }
    if request.method == .head {
      akiba_curl_set_number(easy, CURLOPT_NOBODY, 1)
    } else {
      akiba_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
    }
  }

  private static func list(_ headers: HTTPHeaders, hasBody: Bool) throws -> UnsafeMutablePointer<curl_slist>? {
    // A name with a colon and nothing behind it takes out a header of libcurl's own; a name with a semicolon sends an empty one.
    var lines = headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    if headers["Expect"] == nil { lines.append("Expect:") }
    if hasBody, headers["Content-Type"] == nil { lines.append("Content-Type:") }
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines {
      guard let longer = curl_slist_append(list, line) else {
        curl_slist_free_all(list)
        throw HTTPError(.invalid, "no memory for the headers")
      }
      list = longer
    }
    return list
  }

  private static func set(_ easy: UnsafeMutableRawPointer, _ option: CURLoption, _ path: FilePath) {
    _ = path.withPlatformString { akiba_curl_set_text(easy, option, $0) }
  }
}

/// Addresses as messages may show them.
enum HTTPAddress {
  /// Between `//` and the path: host and port, and perhaps a user.
  static func authority(_ url: String) -> Substring {
    guard let slashes = url.firstRange(of: "//") else { return "" }
    return url[slashes.upperBound...].prefix { !"/?#".contains($0) }
  }

  /// Without user, password and query, which may carry a signature.
  static func shown(_ url: String) -> String {
    let plain = url.prefix { !"?#".contains($0) }
    let authority = authority(url)
    guard let at = authority.lastIndex(of: "@") else { return String(plain) }
    return String(plain[..<authority.startIndex] + plain[authority.index(after: at)...])
  }
}
