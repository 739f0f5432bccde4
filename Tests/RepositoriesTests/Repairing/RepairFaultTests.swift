import Primitives
import Repositories
import ResticFormat
import Stores
import TestSupport
import Testing

/// Repairs that are cut short, at every call of either store.
struct RepairFaultTests {
  enum Fault: String, CaseIterable, CustomTestStringConvertible {
    case once, onceAfterwards, forEver
    var testDescription: String { rawValue }
    var first: Int { 1 + (Self.allCases.firstIndex(of: self) ?? 0) }

    func store(_ store: any BlobStore, from call: Int) -> FaultyStore {
      switch self {
      case .once: FaultyStore(store, failingCall: call)
      case .onceAfterwards: FaultyStore(store, failingCall: call, afterwards: true)
      case .forEver: FaultyStore(store, failingCalls: call...Int.max)
      }
    }
  }

  /// `forEver` is what a kill or a drawn plug leaves.
  @Test(arguments: Fault.allCases)
  func `whichever call to the patient fails, nothing readable is lost and a second run ends sound`(_ fault: Fault) async throws {
    try await expectSecondRunHeals(from: fault.first) { call, patient, sibling in (fault.store(patient, from: call), sibling) }
  }

  @Test func `whichever call to the sibling fails, a second run ends sound`() async throws {
    try await expectSecondRunHeals(from: 1) { call, patient, sibling in (patient, FaultyStore(sibling, failingCall: call)) }
  }

  private typealias Wrap = (_ call: Int, _ patient: MemoryStore, _ sibling: MemoryStore) -> (any BlobStore, any BlobStore)

  /// Every fourth call, counted in a run in which none fails; the faults begin at different ones.
  private func expectSecondRunHeals(from firstCall: Int, _ wrap: Wrap) async throws {
    let whole = try await sampleCopies()[1].contents
    let (patient, sibling) = try damaged(whole)
    let (first, second) = wrap(.max, patient, sibling)
    #expect(try await repair(first, second).isSound)
    let calls = try #require(((first as? FaultyStore) ?? (second as? FaultyStore))?.calls)
    #expect(calls > 20)
    for call in stride(from: firstCall, through: calls, by: 4) {
      let (patient, sibling) = try damaged(whole)
      let readable = try await readableFiles(of: patient, among: [sibling])

      let (first, second) = wrap(call, patient, sibling)
      _ = try? await repair(first, second)

      for store in [patient, sibling] { for lock in store.all(.lock) { try store.remove(lock) } }
      #expect(try await readableFiles(of: patient, among: [sibling]).isSuperset(of: readable), "call \(call)")
      let report = try await repair(patient, sibling)
      #expect(report.isSound, "call \(call): \(report.remaining)")
    }
  }

  private func damaged(_ whole: [ObjectName: [UInt8]]) throws -> (MemoryStore, MemoryStore) {
    let patient = MemoryStore(address: "patient")
    let sibling = MemoryStore(address: "sibling")
    for (name, bytes) in whole {
      patient.overwrite(name, with: bytes)
      sibling.overwrite(name, with: bytes)
    }
    try damage(patient, sibling)
    return (patient, sibling)
  }

  /// One of each: fetched, taken over blob by blob, dropped, brought back.
  private func damage(_ patient: MemoryStore, _ sibling: MemoryStore) throws {
    let packs = patient.all(.pack)
    try Damage.flipped.apply(to: .config, in: patient)
    try Damage.flipped.apply(to: packs[0], in: patient)
    try Damage.deleted.apply(to: packs[1], in: patient)
    let largest = packs[2...].max { patient.contents[$0]!.count < patient.contents[$1]!.count }!
    try Damage.flipped.apply(to: largest, in: patient, at: 40)
    try Damage.flipped.apply(to: largest, in: sibling, at: 1000)
    try Damage.cut.apply(to: patient.all(.index)[0], in: patient)
    try Damage.deleted.apply(to: patient.all(.snapshot)[0], in: patient)
  }
}
