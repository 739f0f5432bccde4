import Primitives
import ResticFormat

/// Which snapshots bear a time that cannot be true. Their clock was wrong, or somebody wants a policy to fall for it.
struct SnapshotTimes {
  private(set) var absurdities: [ContentID: AbsurdTime] = [:]
  /// Snapshots of a sound time that show others' to be absurd.
  private(set) var witnesses: Set<ContentID> = []

  /// - Parameter snapshots: all of a copy.
  init(_ snapshots: [StoredSnapshot], now: Timestamp) {
    let latest = now.advanced(by: Retention.tolerance)
    var known: [ContentID: StoredSnapshot] = [:]
    for stored in snapshots {
      known[stored.id] = stored
      // A snapshot that was tagged since goes by another name; its children know it by the first.
      if let original = stored.snapshot.original, known[original] == nil { known[original] = stored }
      if stored.snapshot.time > latest { absurdities[stored.id] = .inTheFuture }
      if stored.snapshot.time < Retention.earliest { absurdities[stored.id] = .tooOld }
    }
    // Each is held against the nearest ancestor of a sound time: after a clock went back, many follow one another.
    var soundAncestors: [ContentID: StoredSnapshot?] = [:]
    for stored in snapshots {
      var line = [stored]
      var seen: Set = [stored.id]
      while let last = line.last, soundAncestors[last.id] == nil, let parent = last.snapshot.parent.flatMap({ known[$0] }),
        seen.insert(parent.id).inserted
      { line.append(parent) }
      for child in line.reversed() where soundAncestors[child.id] == nil {
        judge(child, parent: child.snapshot.parent.flatMap { known[$0] }, &soundAncestors)
      }
    }
  }

  private mutating func judge(_ child: StoredSnapshot, parent: StoredSnapshot?, _ soundAncestors: inout [ContentID: StoredSnapshot?]) {
    guard let parent else {
      soundAncestors[child.id] = .some(nil)
      return
    }
    let ancestor = absurdities[parent.id] == nil ? parent : soundAncestors[parent.id] ?? nil
    soundAncestors[child.id] = .some(ancestor)
    guard absurdities[child.id] == nil, let ancestor, child.snapshot.time < ancestor.snapshot.time else { return }
    absurdities[child.id] = .beforeItsParent
    witnesses.insert(ancestor.id)
  }
}
