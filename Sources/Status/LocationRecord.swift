/// What is remembered of a location, so that `status` can tell of one that is away.
package struct LocationRecord: Codable, Hashable, Sendable {
  /// What it held when it was last looked at.
  package struct Holdings: Codable, Hashable, Sendable {
    package var snapshots: Int
    /// Of them, marked.
    package var marked: Int
    /// Bytes of all packs.
    package var bytes: Int
    /// Of the newest snapshot without a mark: id, and seconds since 1970.
    package var newest: String?
    package var newestTime: Int?
    package var oldestTime: Int?

    package init(snapshots: Int, marked: Int, bytes: Int, newest: String?, newestTime: Int?, oldestTime: Int?) {
      self.snapshots = snapshots
      self.marked = marked
      self.bytes = bytes
      self.newest = newest
      self.newestTime = newestTime
      self.oldestTime = oldestTime
    }
  }

  /// Whether what is stored there stays, as trying showed.
  package struct Protection: Codable, Hashable, Sendable {
    package var isProtected: Bool
    package var remark: String?
    /// Seconds since 1970.
    package var time: Int

    package init(isProtected: Bool, remark: String?, time: Int) {
      self.isProtected = isProtected
      self.remark = remark
      self.time = time
    }
  }

  /// When it was last opened, in seconds since 1970.
  package var lastSeen: Int?
  /// The key, by its file's name, that opened it last.
  package var key: String?
  package var holdings: Holdings?
  package var protection: Protection?
  /// The last that passed and the last that failed of each kind.
  package private(set) var proofs: [Proof] = []

  package init() {}

  package mutating func add(_ proof: Proof) {
    proofs.removeAll { $0.kind == proof.kind && $0.passed == proof.passed }
    proofs.append(proof)
    proofs.sort { $0.kind < $1.kind }
  }

  /// A backup wrote there.
  ///
  /// - Parameters:
  ///   - now: seconds since 1970.
  ///   - bytes: of its packs.
  package mutating func tookSnapshot(_ id: String, at now: Int, isMarked: Bool, bytes: Int) {
    lastSeen = now
    var held = holdings ?? Holdings(snapshots: 0, marked: 0, bytes: 0, newest: nil, newestTime: nil, oldestTime: now)
    held.snapshots += 1
    held.bytes += bytes
    if isMarked { held.marked += 1 } else { (held.newest, held.newestTime) = (id, now) }
    holdings = held
  }

  /// The newest of those that read all bytes, passed or not.
  package var lastProof: Proof? { Self.newest(of: proofs.filter(\.kind.readsAllBytes)) }

  /// The newest drill, passed or not.
  package var lastDrill: Proof? { Self.newest(of: proofs.filter(\.kind.isDrill)) }

  private static func newest(of proofs: [Proof]) -> Proof? {
    proofs.max { ($0.time, $0.passed ? 0 : 1, $0.kind) < ($1.time, $1.passed ? 0 : 1, $1.kind) }
  }

  /// Ids of snapshots that were proven.
  package var provenSnapshots: [String] { proofs.filter(\.passed).compactMap(\.snapshot) }
}
