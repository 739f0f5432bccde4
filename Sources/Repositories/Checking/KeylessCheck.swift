import Primitives
package import Stores

/// Reads every object of a store and compares its SHA-256 with its name. It needs no key: a disk's keeper can run it.
///
/// It sees every flipped, cut, grown or unreadable object, and what siblings have. What only a key can tell (whether anything that a
/// snapshot needs is missing) `RepositoryCheck` does.
package struct KeylessCheck: Sendable {
  /// Everything that is named by its content, but for locks, which come and go.
  package static let contentKinds: [ObjectName.Kind] = [.key, .snapshot, .index, .pack]
  /// Objects being read at once.
  private static let window = 3
  /// Bytes of one object in memory at most.
  private static let pieceSize = 32 << 20

  private let store: any BlobStore
  private let siblings: [any BlobStore]
  private let kinds: [ObjectName.Kind]
  private let progress: @Sendable (CheckProgress) -> Void

  /// - Parameter siblings: other copies of the same repository, for what is absent here; those that cannot be listed are left out.
  package init(
    _ store: any BlobStore, siblings: [any BlobStore] = [], kinds: [ObjectName.Kind] = contentKinds,
    progress: @escaping @Sendable (CheckProgress) -> Void = { _ in }
  ) {
    self.store = store
    self.siblings = siblings
    self.kinds = kinds
    self.progress = progress
  }

  /// - Throws: when the store cannot be listed (any more), or on cancellation.
  package func run() async throws -> KeylessReport {
    var objects: [StoredObject] = []
    for kind in kinds { objects += try await store.names(of: kind) }
    var findings = try await damage(of: objects).map(\.finding)
    findings += try await configFindings()
    let comparison = SiblingComparison(store: store, siblings: siblings)
    for kind in kinds { findings += try await comparison.findings(kind, remedy: Remedy.absent(kind)) }
    findings.sortForReading()
    return KeylessReport(findings: findings, objects: objects.count, bytesRead: objects.reduce(0) { $0 + $1.byteCount })
  }

  /// Which of these objects are not what their names say. Those gone since they were listed are not damaged.
  func damage(of objects: [StoredObject]) async throws -> [ObjectDamage] {
    let total = objects.reduce(0) { $0 + $1.byteCount }
    var bytesDone = 0
    var done = 0
    var damaged: [ObjectDamage] = []
    func note(_ seen: Seen) {
      done += 1
      bytesDone += seen.object.byteCount
      if let problem = seen.problem { damaged.append(ObjectDamage(object: seen.object, problem: problem)) }
      progress(CheckProgress(step: .reading, done: done, total: objects.count, bytesDone: bytesDone, bytesTotal: total))
    }
    try await withThrowingTaskGroup(of: Seen.self) { group in
      for (number, object) in objects.enumerated() {
        if number >= Self.window, let seen = try await group.next() { note(seen) }
        group.addTask { Seen(object: object, problem: try await problem(of: object)) }
      }
      for try await seen in group { note(seen) }
    }
    return damaged
  }

  private struct Seen: Sendable {
    let object: StoredObject
    let problem: String?
  }

  private func problem(of object: StoredObject) async throws -> String? {
    do {
      var digest = RunningSHA256()
      for start in stride(from: 0, to: object.byteCount, by: Self.pieceSize) {
        try Task.checkCancellation()
        let range = start..<min(start + Self.pieceSize, object.byteCount)
        digest.update(try await store.bytes(of: object.name, in: range))
      }
      return digest.digest == object.name.id ? nil : "has another SHA-256 than its name"
    } catch let error as StoreError {
      // One bad spot of a disk, or the whole disk gone? Who cannot even be listed is not full of damaged objects.
      _ = try await store.names(of: .key)
      return error.kind == .notFound ? nil : "cannot be read: \(error.summary)"
    }
  }

  /// The config has no name to compare with; all copies have the same.
  private func configFindings() async throws -> [CheckFinding] {
    guard let own = try await Self.config(of: store) else {
      return [CheckFinding(.error, ObjectName.config, "is missing or cannot be read: nothing opens this copy", remedy: Remedy.fetch)]
    }
    var differing: [String] = []
    for sibling in siblings {
      if let config = try await Self.config(of: sibling), config != own { differing.append("'\(sibling.address)'") }
    }
    guard !differing.isEmpty else { return [] }
    let message = "differs from that in \(differing.joined(separator: ", ")): one of them is damaged, or they are not of one repository"
    return [CheckFinding(.error, ObjectName.config, message, byteCount: own.count, remedy: Remedy.fetch)]
  }

  private static func config(of store: any BlobStore) async throws -> [UInt8]? {
    do { return try await store.bytes(of: .config) } catch is StoreError { return nil }
  }
}

/// One object that is not what its name says.
struct ObjectDamage: Sendable {
  let object: StoredObject
  let problem: String

  var finding: CheckFinding {
    CheckFinding(.error, object.name, problem, byteCount: object.byteCount, remedy: Remedy.fetch)
  }
}

/// What a keyless check found and read.
package struct KeylessReport: Sendable {
  package let findings: [CheckFinding]
  package let objects: Int
  package let bytesRead: Int

  package var isSound: Bool { !findings.contains { $0.severity == .error } }
}
