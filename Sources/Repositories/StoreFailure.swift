/// A copy that was given up during a run, and why. The others went on.
package struct StoreFailure: Sendable {
  /// The store's address.
  package let address: String
  package let error: any Error

  package init(address: String, error: any Error) {
    self.address = address
    self.error = error
  }
}
