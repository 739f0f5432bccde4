import Primitives

/// An HTTP exchange that did not come to an answer. An answer with a status of 400 or above is not one: the caller knows what it means.
package struct HTTPError: Explainable {
  package enum Kind: Sendable {
    /// No connection: nobody listens, no such host, no such socket.
    case unreachable
    /// The socket is there and this user may not use it.
    case denied
    case timedOut
    /// The certificate is not to be trusted.
    case tls
    /// The secure connection did not come about: cut off meanwhile, or no TLS there.
    case handshake
    /// Cut off, or not HTTP.
    case broken
    /// More than the caller is ready to hold in memory.
    case tooLarge
    /// Nothing was sent: not an address, or a certificate file that cannot be used.
    case invalid
  }

  package let kind: Kind
  package let summary: String
  package let hints: [String]

  package init(_ kind: Kind, _ summary: String, hints: [String] = []) {
    self.kind = kind
    self.summary = summary
    self.hints = hints
  }
}
