/// What a walk checks on its way: order, sizes, reductions. Nodes carry no checksum, so this is all that protects them.
final class TreeAudit {
  let log: FindingLog
  var nodes = 0
  private(set) var isDamaged = false
  private var last: TreeEntry?

  private let isCancelled: @Sendable () -> Bool

  init(_ log: FindingLog, isCancelled: @escaping @Sendable () -> Bool) {
    self.log = log
    self.isCancelled = isCancelled
  }

  /// Called before each node: long walks end within one.
  func goOn() throws(CouchFormatError) {
    nodes += 1
    if isCancelled() { throw CouchFormatError(.cancelled, "cancelled") }
  }

  /// Whether `entry` may come next.
  func follows(_ entry: TreeEntry, _ kind: TreeKind) throws(CouchFormatError) -> Bool {
    defer { last = entry }
    guard let last else {
      if kind.order == .bytes || kind.order == .integers { _ = try kind.ascends(from: entry.keyCursor, to: entry.keyCursor) }
      return true
    }
    return try kind.ascends(from: last.keyCursor, to: entry.keyCursor)
  }

  func damaged(_ error: CouchFormatError, in kind: TreeKind) {
    isDamaged = true
    let code: FindingKind =
      switch error.kind {
      case .keyOrder: .keyOrder
      case .childAfterParent: .childAfterParent
      default: .nodeUndecodable
      }
    log.add(code, at: error.offset, "\(kind.name): \(error.detail)")
  }

  func compare(_ frame: TreeWalk.Frame, _ kind: TreeKind) {
    if let claimed = frame.claim.size, let size = frame.size, claimed != size {
      add(.subtreeSize, frame, kind, "\(size) bytes on disk where its parent says \(claimed)")
    }
    let reduction = TermCursor(frame.claim.bytes, frame.claim.reduction)
    if (try? frame.sum.matches(reduction, of: kind)) != true {
      let code: FindingKind = if case .viewRows = kind { .viewRowCount } else { .reduction }
      add(code, frame, kind, "its parent's reduction is not that of its \(frame.sum.entries) entries")
    }
    guard let key = frame.claim.key, let last else { return }
    if frame.claim.bytes[key] != last.bytes[last.key] {
      add(.keyOrder, frame, kind, "its last key is not the one its parent says")
    }
  }

  private func add(_ code: FindingKind, _ frame: TreeWalk.Frame, _ kind: TreeKind, _ message: String) {
    isDamaged = true
    log.add(code, at: frame.pointer, "\(kind.name): \(message)")
  }
}
