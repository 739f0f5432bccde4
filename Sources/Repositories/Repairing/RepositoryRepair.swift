import Primitives
import Stores
import Synchronization

/// Heals one copy of a repository, the patient, from its siblings.
///
/// First `diagnose`, then `heal`. Objects have the same names and bytes in all copies, so most are fetched as they are; what was packed
/// differently elsewhere is taken over blob by blob. Whatever happens meanwhile, kill -9 too, nothing that could be read before
/// cannot be read after, and a second run ends sound: packs are durable before the index that names them, an index before what it
/// replaces goes, and a snapshot comes back last.
package struct RepositoryRepair: Sendable {
  private let patient: Repository
  private let siblings: [Repository]
  private let progress: @Sendable (CheckProgress) -> Void

  /// - Parameter siblings: other copies of the same repository, the best source first. May be empty: an index can be rebuilt without.
  package init(
    of patient: Repository, from siblings: [Repository], progress: @escaping @Sendable (CheckProgress) -> Void = { _ in }
  ) {
    precondition(siblings.allSatisfy { $0.isCopy(of: patient) }, "a copy is healed from copies of the same repository")
    self.patient = patient
    self.siblings = siblings
    self.progress = progress
  }

  /// Looks for everything that is damaged or missing. Hold a shared lock on the patient meanwhile.
  ///
  /// - Parameter readingPacks: whether to read every pack, which alone finds a flipped bit; without, only what sizes and names tell.
  /// - Throws: when the patient cannot be listed (any more), or on cancellation.
  package func diagnose(readingPacks: Bool = true) async throws -> Diagnosis {
    let stores = siblings.map(\.store)
    let structure = try await RepositoryCheck(patient, siblings: stores, progress: progress).run()
    let kinds: [ObjectName.Kind] = readingPacks ? [.index, .pack] : [.index]
    var objects: [StoredObject] = []
    for kind in kinds { objects += try await patient.store.names(of: kind) }
    let contents = try await KeylessCheck(patient.store, progress: progress).damage(of: objects)
    return Diagnosis(structure, contents, bytesRead: objects.reduce(0) { $0 + $1.byteCount })
  }

  /// Heals what can be healed, under an exclusive lock on the patient and shared ones on the siblings.
  ///
  /// Everything is looked at again first: time has passed, and a reading error may have been one of the moment.
  /// - Parameters:
  ///   - waiting: how long to wait for somebody else's lock on the patient.
  ///   - note: told of abandoned locks that were removed, and of siblings left out.
  /// - Throws: `locked`; when the patient cannot be reached any more; cancellation.
  package func heal(
    _ diagnosis: Diagnosis, waiting: Duration = .zero, note: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> RepairReport {
    try await patient.withLock(.exclusive, waiting: waiting, note: note) {
      try await withLocked(siblings[...], usable: [], note: note) { usable in
        var treatment = Treatment(of: patient, from: usable, progress: progress)
        return try await treatment.run(suspects: diagnosis.suspectPacks)
      }
    }
  }

  /// Locks the siblings one after the other; what cannot be locked because it is read-only is read without.
  private func withLocked(
    _ waiting: ArraySlice<Repository>, usable: [Repository], note: @escaping @Sendable (String) -> Void,
    _ body: @escaping @Sendable ([Repository]) async throws -> RepairReport
  ) async throws -> RepairReport {
    guard let next = waiting.first else { return try await body(usable) }
    let rest = waiting.dropFirst()
    let isLocked = Flag()
    do {
      return try await next.withLock(.shared, note: note) {
        isLocked.raise()
        return try await withLocked(rest, usable: usable + [next], note: note, body)
      }
    } catch  where !isLocked.isRaised && !(error is CancellationError) {
      if let error = error as? StoreError, [.readOnly, .denied, .full].contains(error.kind) {
        note("reading '\(next.address)' without a lock: \(error.summary)")
        return try await withLocked(rest, usable: usable + [next], note: note, body)
      }
      note("'\(next.address)' is left out: \((error as? any Explainable)?.summary ?? "\(error)")")
      return try await withLocked(rest, usable: usable, note: note, body)
    }
  }
}

private final class Flag: Sendable {
  private let value = Atomic<Bool>(false)

  var isRaised: Bool { value.load(ordering: .relaxed) }

  func raise() { value.store(true, ordering: .relaxed) }
}
