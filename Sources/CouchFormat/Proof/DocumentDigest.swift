import CXXHash

/// A digest of many documents that does not depend on their order: of the two trees that should hold the same ones.
struct DocumentDigest: Equatable {
  private var count = 0
  private var sum: UInt64 = 0

  mutating func add(_ document: FullDocument) {
    add(document.idBytes, document.shared, seed: UInt64(bitPattern: Int64(document.updateSeq)))
  }

  /// - Returns: The entry's own hash.
  @discardableResult
  mutating func add(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>, seed: UInt64) -> UInt64 {
    let inner = value.withUnsafeBytes { XXH3_64bits_withSeed($0.baseAddress, $0.count, seed) }
    let hash = name.withUnsafeBytes { XXH3_64bits_withSeed($0.baseAddress, $0.count, inner) }
    count += 1
    sum &+= hash
    return hash
  }
}

extension FullDocument {
  /// Whether both trees say the same, however it is encoded.
  func isSame(as other: FullDocument) -> Bool {
    guard updateSeq == other.updateSeq, isDeleted == other.isDeleted, tree.revisions.count == other.tree.revisions.count else {
      return false
    }
    if shared == other.shared { return true }
    return zip(tree.revisions, other.tree.revisions).allSatisfy { one, two in
      one.depth == two.depth && one.parent == two.parent && tree.bytes[one.id] == other.tree.bytes[two.id] && one.stored == two.stored
    }
  }
}
