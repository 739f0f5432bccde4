import CCurl

/// The certificate a server shows, whether it is to be trusted or not: for comparing with the one it should show.
package enum ServedCertificate {
  private static let mark = "Cert:"

  /// One handshake; nothing is asked of the server.
  ///
  /// - Returns: the server's own certificate, PEM.
  /// - Throws: `HTTPError` if nobody listens or no handshake comes about.
  package static func fetch(host: String, port: UInt16, timeout: Duration = .seconds(5)) async throws -> [UInt8] {
    try await OwnThread.run {
      try handshake(host, port, timeout)
    } afterFailure: {
    }
  }

  private static func handshake(_ host: String, _ port: UInt16, _ timeout: Duration) throws -> [UInt8] {
    let connection = try HTTPConnection()
    let easy = connection.easy
    akiba_curl_set_number(easy, CURLOPT_NOSIGNAL, 1)
    akiba_curl_set_text(easy, CURLOPT_PROXY, "")
    akiba_curl_set_number(easy, CURLOPT_TIMEOUT_MS, Int(timeout / .milliseconds(1)))
    akiba_curl_set_text(easy, CURLOPT_URL, "https://\(host.contains(":") ? "[\(host)]" : host):\(port)/")
    akiba_curl_set_number(easy, CURLOPT_CONNECT_ONLY, 1)
    akiba_curl_set_number(easy, CURLOPT_CERTINFO, 1)
    akiba_curl_set_number(easy, CURLOPT_SSL_VERIFYPEER, 0)
    akiba_curl_set_number(easy, CURLOPT_SSL_VERIFYHOST, 0)
    let result = curl_easy_perform(easy)
    guard result == CURLE_OK else {
      throw HTTPError(.unreachable, "no TLS at \(host):\(port): \(String(cString: curl_easy_strerror(result)))")
    }
    var chain: UnsafeMutablePointer<curl_certinfo>?
    guard akiba_curl_certificates(easy, &chain) == CURLE_OK, let chain, chain.pointee.num_of_certs > 0,
      let pem = text(of: chain.pointee.certinfo[0])
    else { throw HTTPError(.tls, "\(host):\(port) shows no certificate") }
    return Array(pem.utf8)
  }

  private static func text(of list: UnsafeMutablePointer<curl_slist>?) -> String? {
    var next = list
    while let item = next {
      let line = String(cString: item.pointee.data)
      if line.hasPrefix(mark) { return String(line.dropFirst(mark.count)) }
      next = item.pointee.next
    }
    return nil
  }
}
