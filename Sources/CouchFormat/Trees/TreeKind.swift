/// Which of CouchDB's trees: how its keys are ordered, and what its reductions count.
package enum TreeKind: Sendable, Equatable {
  case byID, bySequence, local, purges, purgesBySequence
  /// A view's rows. Their order is ICU's unless the design document asks for raw collation; ICU's is not checked here.
  case viewRows(isRaw: Bool)
  /// The other way round: document id → rows it emitted.
  case viewIDs

  enum Order { case bytes, integers, terms, collated }

  var order: Order {
    switch self {
    case .byID, .local, .purges, .viewIDs: .bytes
    case .bySequence, .purgesBySequence: .integers
    case .viewRows(let isRaw): isRaw ? .terms : .collated
    }
  }

  package var name: String {
    switch self {
    case .byID: "by-id tree"
    case .bySequence: "by-seq tree"
    case .local: "tree of local documents"
    case .purges: "purge tree"
    case .purgesBySequence: "purge-seq tree"
    case .viewRows: "view"
    case .viewIDs: "id tree"
    }
  }

  /// Rows of one key stand in the order of their documents; how keys follow one another is ICU's business.
  private func rowsAscend(_ left: inout TermCursor, _ right: inout TermCursor) throws(CouchFormatError) -> Bool {
    try left.readTuple(of: 2)
    try right.readTuple(of: 2)
    guard try left.bytes[left.skipTerm()] == right.bytes[right.skipTerm()] else { return true }
    return TermOrder.compareBytes(left, try left.readBinary(), right, try right.readBinary()) < 0
  }

  /// Whether `key` may follow `previous`.
  func ascends(from previous: TermCursor, to key: TermCursor) throws(CouchFormatError) -> Bool {
    var left = previous
    var right = key
    switch order {
    case .bytes: return TermOrder.compareBytes(left, try left.readBinary(), right, try right.readBinary()) < 0
    case .integers: return try left.readInteger() < right.readInteger()
    case .terms: return try TermOrder.compare(left, right) < 0
    case .collated: return try rowsAscend(&left, &right)
    }
  }
}
