import Stores

extension RESTStore {
  /// What an answer that is no success means.
  func refusal(
    _ response: HTTPResponse, _ method: HTTPRequest.Method, cannot operation: String, _ what: some CustomStringConvertible
  ) -> StoreError {
    let (kind, reason, hints) = meaning(response.status, method)
    return StoreError(kind, "cannot \(operation) \(what) in store '\(address)': \(reason)", hints: hints)
  }

  private func meaning(_ status: Int, _ method: HTTPRequest.Method) -> (StoreError.Kind, String, [String]?) {
    switch status {
    case 401: unknownUser
    case 403: forbidden(method)
    case 404 where method == .get: (.notFound, "it is not there", nil)
    case 301, 302, 303, 307, 308:
      (
        .noSuchPlace, "the server sends to another address (\(status))",
        ["write that address into the location: open this one with a browser"]
      )
    case 404, 405, 501:
      (
        .noSuchPlace, "no server of restic's protocol answers there (\(status))",
        ["check host, port and path of the address; behind a proxy it has to let POST and DELETE through"]
      )
    case 400 where base.hasPrefix("http://"):
      (
        .other, "the server does not understand the request (\(status))",
        ["does it speak https? then the address begins with rest:https://"]
      )
    case 413, 507: (.full, "the server has no room, or none left for this user (\(status))", nil)
    case 500:
      (
        .unreachable, "the server failed (500)",
        ["its own log says why; 'rclone serve restic' answers so when its disk is full", "other locations are not affected"]
      )
    case 408, 425, 429, 502...599: (.unreachable, "the server cannot answer now (\(status))", nil)
    default: (.other, "the server answers \(status)", nil)
    }
  }

  private var unknownUser: (StoreError.Kind, String, [String]?) {
    guard hasCredentials else {
      return (
        .denied, "the server asks for a user and a password (401)",
        ["write them into a file and name it as the location's 'credentials', or set RESTIC_REST_USERNAME and RESTIC_REST_PASSWORD"]
      )
    }
    return (
      .denied, "the server refuses this user with this password (401)",
      ["check both in the location's credentials", "with private repositories the path has to begin with the user's name"]
    )
  }

  private func forbidden(_ method: HTTPRequest.Method) -> (StoreError.Kind, String, [String]?) {
    switch method {
    case .delete:
      (
        .denied, "the server keeps what is stored: it is append-only (403)",
        ["this protects the backups; prune where the server is not append-only, or on the server itself"]
      )
    case .post: (.denied, "the server takes nothing new there (403)", ["ask who runs the server whether this user may write to this path"])
    default:
      (.denied, "the server shows this user nothing there (403)", ["with private repositories the path has to begin with the user's name"])
    }
  }
}
