import Primitives
import ResticFormat
import Stores

extension Treatment {
  /// Heals what is not there as an object of the same name: blobs in lost packs, and blobs that no index names any more.
  mutating func healContents() async throws {
    var needs: Needs
    var hasGained: Bool
    repeat {
      needs = try await self.needs()
      if !needs.isComplete { needs.blobs.formUnion(lostBlobs) }
      hasGained = try await recoverPacks(for: needs.missing(in: goodIndex))
      hasGained = try await rescue(needs.missing(in: goodIndex)) || hasGained
    } while hasGained && !needs.isComplete  // a folder that can be read now may need more
    guard needs.isComplete, needs.missing(in: goodIndex).isEmpty else { return }
    // Damaged, in no copy whole, and nothing needs them.
    let named = files.merged.packs
    for name in unhealed.keys.sorted(by: { $0.path < $1.path }) where name.kind == .index || name.kind == .pack {
      if let id = name.id, named[id] == nil { try await remove(name) }
    }
  }

  /// Snapshots that siblings have come back if all they need is here. Others were pruned here, or have not come yet: that is for `sync`.
  mutating func bringBackSnapshots() async throws {
    let absent = try await SiblingComparison(store: patient.store, siblings: exchange.siblings).absent(.snapshot)
    guard !absent.isEmpty else { return }
    let reader = RepositoryReader(patient, index: goodIndex)
    for snapshot in absent {
      guard let found = try await exchange.find(snapshot.object.name), let tree = tree(of: found.bytes) else { continue }
      var walk = TreeWalk(reader: reader)
      walk.start(at: tree, of: snapshot.object.name.description)
      while !walk.isDone, walk.findings.isEmpty { try await walk.step() }
      if walk.findings.isEmpty { _ = try await restore([snapshot.object.name]) }
    }
  }

  /// Looks at everything once more: what is left, and what needs it.
  mutating func conclude() async throws {
    var remaining = try await RepositoryCheck(patient, siblings: exchange.siblings, progress: progress).run().findings
    if !lostPacks.isEmpty { remaining += try await needs(lookingInto: readableIndex()).findings }
    remaining.removeAll { finding in finding.name.map { unhealed[$0] != nil } ?? false }  // why it is not healed says more
    report.remaining = Array(Set(remaining + unhealed.values))
    report.remaining.sortForReading()
  }
}
