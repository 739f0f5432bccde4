package import Stores

extension StoreError {
  /// `operation` on `what` got no answer from `store`.
  package init(cannot operation: String, _ what: some CustomStringConvertible, in store: String, _ error: HTTPError) {
    let summary = "cannot \(operation) \(what) in store '\(store)': \(error.summary)"
    switch error.kind {
    case .unreachable, .timedOut, .broken, .handshake: self.init(.unreachable, summary, hints: error.hints + Self.hints(for: .unreachable))
    case .tls:
      self.init(
        .untrusted, summary,
        hints: ["if an authority of your own signed its certificate, name that authority's file as the location's 'ca'"]
          + Self.hints(for: .untrusted))
    case .denied: self.init(.denied, summary, hints: error.hints)
    case .tooLarge, .invalid: self.init(.other, summary, hints: error.hints)
    }
  }
}
