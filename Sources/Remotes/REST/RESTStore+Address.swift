import Stores

extension RESTStore {
  private static let scheme = "rest:"

  /// The address for HTTP, with a slash at its end.
  ///
  /// - Throws: if it is none, or carries what does not belong into an address. The message has nothing of a password.
  static func base(of address: String) throws(StoreError) -> String {
    let url = address.hasPrefix(scheme) ? String(address.dropFirst(scheme.count)) : address
    let authority = HTTPAddress.authority(url)
    guard !authority.contains("@") else {
      throw StoreError(
        .other, "the address 'rest:\(HTTPAddress.shown(url))' was given with a user or password in it",
        hints: ["write them into a file that only root reads, and name it as the location's 'credentials'"])
    }
    guard url.hasPrefix("http://") || url.hasPrefix("https://"), !authority.isEmpty, !url.contains("?"), !url.contains("#"),
      url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
    else {
      throw StoreError(
        .other, "'\(HTTPAddress.shown(url))' is not the address of a REST server",
        hints: ["it looks like rest:https://host:8000/folder/"])
    }
    return url.hasSuffix("/") ? url : url + "/"
  }
}
