package struct HTTPRequest: Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
  }

  package var method: Method
  /// `http` or `https`, percent-encoded, without user and password: those go into a header.
  package var url: String
  package var headers: HTTPHeaders
  package var body: [UInt8]?

  package init(_ method: Method = .get, _ url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}

package struct HTTPResponse: Sendable {
  package let status: Int
  package let headers: HTTPHeaders
  /// Empty where the body went to a consumer.
  package let body: [UInt8]

  package init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  package var isSuccess: Bool { (200..<300).contains(status) }
}
