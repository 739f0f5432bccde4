import Primitives
import ResticFormat
import Stores

/// One repair on its way: what is known of the patient, and what has been done.
struct Treatment {
  /// Packs fetched at once.
  private static let window = 3
  /// Failures that are about one object; with any other the whole copy cannot be worked on.
  private static let objectFailures: Set<StoreError.Kind> = [.denied, .readOnly, .full, .damaged, .alreadyExists, .other]

  let patient: Repository
  let siblings: [Repository]
  let exchange: ObjectExchange
  let progress: @Sendable (CheckProgress) -> Void

  var report = RepairReport()
  /// What is damaged and cannot be replaced, and why.
  var unhealed: [ObjectName: CheckFinding] = [:]
  /// Those of them that a sibling has, and that the patient's store does not let us replace.
  var refused: Set<ObjectName> = []
  /// What the patient's index files say, as far as they can be read.
  var files = IndexFiles()
  /// The same of the siblings', in their order.
  var siblingFiles: [IndexFiles] = []
  /// Sizes of the packs that are here.
  var packs: [ContentID: Int] = [:]
  /// Packs that are damaged, or that an index names and that are missing, and that no sibling has.
  var lostPacks: Set<ContentID> = []

  init(of patient: Repository, from siblings: [Repository], progress: @escaping @Sendable (CheckProgress) -> Void) {
    self.patient = patient
    self.siblings = siblings
    exchange = ObjectExchange(patient: patient.store, siblings: siblings.map(\.store))
    self.progress = progress
  }

  /// - Parameter suspects: packs that may be damaged.
  mutating func run(suspects: Set<ObjectName>) async throws -> RepairReport {
    try await healConfig()
    try await healSmallObjects()
    try await readIndexes()
    try await healPacks(suspects)
    try await copyIndexes()
    try await healContents()
    try await bringBackSnapshots()
    try await conclude()
    return report
  }

  // MARK: What can be had as it is

  /// All siblings that have a config of this repository must have the same: it has no name to compare with.
  private mutating func healConfig() async throws {
    if let config = try await Self.tolerating({ try await patient.storedConfig() }), config == patient.config { return }
    var candidates: [[UInt8]: String] = [:]
    for sibling in siblings {
      guard let config = try await Self.tolerating({ try await sibling.storedConfig() }), config == patient.config,
        let bytes = try await Self.tolerating({ try await sibling.store.bytes(of: .config) })
      else { continue }
      candidates[bytes] = candidates[bytes] ?? sibling.address
    }
    guard let (bytes, source) = candidates.first, candidates.count == 1 else {
      let reason = candidates.isEmpty ? "no other location that was reached has it whole" : "other locations have different ones"
      unhealed[.config] = CheckFinding(.error, ObjectName.config, "is damaged, and \(reason)", remedy: RepairRemedy.nowhere(.config))
      return
    }
    try await attempt(.config) {
      if try await $0.patient.contains(.config) { try await $0.patient.remove(.config) }
      try await $0.patient.put(bytes, as: .config)
      return RepairReport.Healed(name: .config, how: .fetched(from: source), byteCount: bytes.count)
    }
  }

  private mutating func healSmallObjects() async throws {
    for kind in [ObjectName.Kind.key, .snapshot, .index] {
      let damaged = try await KeylessCheck(patient.store).damage(of: patient.store.names(of: kind))
      _ = try await restore(damaged.map(\.object.name))
    }
    let missing = try await SiblingComparison(store: patient.store, siblings: exchange.siblings).absent(.key).filter(\.isEverywhereElse)
    _ = try await restore(missing.map(\.object.name))
  }

  private mutating func readIndexes() async throws {
    try await files.read(patient)
    for damaged in files.damaged where unhealed[damaged.name] == nil {
      // It was whole a moment ago.
      if damaged.error is StoreError { throw damaged.error }
      unhealed[damaged.name] = CheckFinding(.error, damaged.name, "\(damaged.error)", remedy: Remedy.index)
    }
    var known = files
    for sibling in siblings {
      var theirs = known
      do { try await theirs.read(sibling) } catch is StoreError { theirs = IndexFiles() }
      known = known.shared(with: theirs)
      siblingFiles.append(theirs)
    }
  }

  private mutating func healPacks(_ suspects: Set<ObjectName>) async throws {
    let listing = try await patient.store.names(of: .pack)
    for object in listing { if let id = object.name.id { packs[id] = object.byteCount } }
    let suspected = listing.filter { suspects.contains($0.name) }
    var damaged = Set(try await KeylessCheck(patient.store).damage(of: suspected).map(\.object.name))
    let indexed = files.merged.packs
    for (id, blobs) in indexed where packs[id] != blobs.packByteCount { damaged.insert(.pack(id)) }
    let failed = try await restore(damaged.sorted { $0.path < $1.path })
    // One that a sibling has, and that may not be replaced here, is not lost.
    lostPacks = Set(failed.filter { !refused.contains($0) }.compactMap(\.id))
  }

  // MARK: Steps

  /// Restores objects from siblings, a few at once, and notes what became of each.
  ///
  /// - Returns: those that could not be restored; they are among `unhealed`.
  mutating func restore(_ names: [ObjectName]) async throws -> [ObjectName] {
    let exchange = exchange
    var failed: [ObjectName] = []
    var done = 0
    func note(_ attempt: Attempt, _ treatment: inout Treatment) {
      done += 1
      treatment.progress(CheckProgress(step: .healing, done: done, total: names.count))
      if !treatment.take(attempt) { failed.append(attempt.name) }
    }
    try await withThrowingTaskGroup(of: Attempt.self) { group in
      for (number, name) in names.enumerated() {
        if number >= Self.window, let attempt = try await group.next() { note(attempt, &self) }
        group.addTask { try await Self.attempt(name, exchange) { try await $0.restore(name) } }
      }
      for try await attempt in group { note(attempt, &self) }
    }
    return failed
  }

  /// - Returns: whether it worked; if not, it is among `unhealed`.
  @discardableResult
  mutating func attempt(
    _ name: ObjectName, _ body: @Sendable (ObjectExchange) async throws -> RepairReport.Healed?
  ) async throws -> Bool {
    take(try await Self.attempt(name, exchange, body))
  }

  /// Runs what may fail for want of another location or of a permission.
  static func tolerating<Value>(_ body: () async throws -> Value) async throws -> Value? {
    do { return try await body() } catch is StoreError { return nil } catch is RepositoryError { return nil }
  }

  private struct Attempt: Sendable {
    let name: ObjectName
    var healed: RepairReport.Healed?
    var refusal: StoreError?
  }

  private static func attempt(
    _ name: ObjectName, _ exchange: ObjectExchange, _ body: @Sendable (ObjectExchange) async throws -> RepairReport.Healed?
  ) async throws -> Attempt {
    do {
      return Attempt(name: name, healed: try await body(exchange))
    } catch let error as StoreError where objectFailures.contains(error.kind) {
      return Attempt(name: name, refusal: error)
    }
  }

  private mutating func take(_ attempt: Attempt) -> Bool {
    if let healed = attempt.healed {
      report.healed.append(healed)
      if let id = attempt.name.id, attempt.name.kind == .pack {
        packs[id] = healed.how == .dropped ? nil : healed.byteCount
        lostPacks.remove(id)
      }
      unhealed[attempt.name] = nil
      return true
    }
    if let refusal = attempt.refusal {
      refused.insert(attempt.name)
      unhealed[attempt.name] = CheckFinding(
        .error, attempt.name, "cannot be replaced: \(refusal.summary)", remedy: RepairRemedy.refused(refusal))
    } else {
      unhealed[attempt.name] = CheckFinding(
        .error, attempt.name, "is damaged or missing, and no other location that was reached has it whole",
        remedy: RepairRemedy.nowhere(attempt.name.kind))
    }
    return false
  }
}
