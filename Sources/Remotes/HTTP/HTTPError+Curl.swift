import CCurl
import Files
import Glibc
import SystemPackage

extension HTTPError {
  /// libcurl's result in our terms.
  init(_ result: CURLcode, on easy: UnsafeMutableRawPointer, _ request: HTTPRequest, _ options: HTTPClient.Options) {
    let place = options.unixSocket.map { "socket '\($0)'" } ?? "'\(HTTPAddress.shown(request.url))'"
    let reason = String(cString: curl_easy_strerror(result))
    switch result {
    case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST:
      self = Self.unconnected(place, reason, Self.number(of: easy), options.unixSocket)
    case CURLE_OPERATION_TIMEDOUT:
      self.init(.timedOut, "\(place) did not answer in time", hints: [])
    case CURLE_PEER_FAILED_VERIFICATION:
      self.init(
        .tls, "the certificate of \(place) is not to be trusted: \(Self.verification(easy))",
        hints: ["name the file of the authority that signed it"])
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      self.init(.handshake, "no secure connection to \(place): \(reason)", hints: ["does it speak https there?"])
    case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
      self.init(.invalid, "the certificate files for \(place) cannot be used: \(reason)")
    case CURLE_URL_MALFORMAT:
      self.init(.invalid, "\(place) is not an address: \(reason)")
    default:
      // An answer that is not HTTP is CURLE_UNSUPPORTED_PROTOCOL: it passes for HTTP/0.9.
      self.init(.broken, "the exchange with \(place) broke off: \(reason)")
    }
  }

  private static func number(of easy: UnsafeMutableRawPointer) -> Errno {
    var number = 0
    akiba_curl_number(easy, CURLINFO_OS_ERRNO, &number)
    return Errno(rawValue: CInt(truncatingIfNeeded: number))
  }

  private static func unconnected(_ place: String, _ reason: String, _ number: Errno, _ socket: FilePath?) -> HTTPError {
    switch number {
    case .permissionDenied, .notPermitted:
      HTTPError(.denied, "\(place) may not be used by this user", hints: [socket.map(accessHint) ?? "run as root"])
    case Errno(rawValue: 0): HTTPError(.unreachable, "cannot reach \(place): \(reason)")
    default: HTTPError(.unreachable, "cannot reach \(place): \(number.description)")
    }
  }

  /// A socket that lets a group in is best used by joining it.
  private static func accessHint(_ socket: FilePath) -> String {
    guard let metadata = try? FileMetadata.ifPresent(socket), metadata.permissions & 0o020 != 0, metadata.group != 0 else {
      return "run as root"
    }
    return "run as root, or add this user to the group that owns '\(socket)'\(groupName(metadata.group).map { ", '\($0)'" } ?? "")"
  }

  private static func groupName(_ number: UInt32) -> String? {
    var record = group()
    var found: UnsafeMutablePointer<group>?
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1 << 14) { buffer in
      guard getgrgid_r(number, &record, buffer.baseAddress!, buffer.count, &found) == 0, found != nil else { return nil }
      return String(cString: record.gr_name)
    }
  }

  /// OpenSSL's number, in words where it is a usual one (`X509_V_ERR_…`).
  private static func verification(_ easy: UnsafeMutableRawPointer) -> String {
    var number = 0
    akiba_curl_number(easy, CURLINFO_SSL_VERIFYRESULT, &number)
    return switch number {
    case 0: "it is for another host name"
    case 9: "it is not valid yet"
    case 10: "it has expired"
    case 18, 19: "it is signed by itself"
    case 2, 20, 21: "its authority is not known"
    default: "verification says \(number)"
    }
  }
}
