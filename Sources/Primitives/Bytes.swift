import Glibc

extension [UInt8] {
  /// As `==`, at the speed of memory: Swift compares arrays element by element.
  package func hasBytes(of other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    return withUnsafeBytes { own in
      other.withUnsafeBytes { other in
        guard let left = own.baseAddress, let right = other.baseAddress else { return true }
        return memcmp(left, right, own.count) == 0
      }
    }
  }
}
