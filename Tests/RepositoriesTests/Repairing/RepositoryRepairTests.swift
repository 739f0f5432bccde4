import Primitives
import Repositories
import ResticFormat
import Stores
import TestSupport
import Testing

struct RepositoryRepairTests {
  struct OneDamage: CustomTestStringConvertible {
    let kind: ObjectName.Kind
    let damage: Damage
    var testDescription: String { "\(kind) \(damage.rawValue)" }
  }

  static let damages = [ObjectName.Kind.config, .key, .snapshot, .index, .pack].flatMap { kind in
    Damage.allCases.map { OneDamage(kind: kind, damage: $0) }
  }

  @Test(arguments: damages)
  func `whatever happens to one object, the check names it and a repair restores its bytes`(_ one: OneDamage) async throws {
    let stores = try await sampleCopies()
    let name = try #require(stores[0].all(one.kind).first)
    try one.damage.apply(to: name, in: stores[0])

    let before = try await check(stores[0], stores[1])
    let report = try await repair(stores[0], stores[1])

    let finding = try #require(before.findings.first { $0.name == name }, "\(before.findings)")
    // A snapshot that is not there may have been pruned; what an index that is not there means, other findings say.
    #expect((finding.severity == .error) == (![.snapshot, .index].contains(one.kind) || one.damage != .deleted))
    #expect(before.isSound == (one.kind == .snapshot && one.damage == .deleted))
    #expect(report.healed.map(\.name) == [name] && report.healed.first?.how == .fetched(from: "copy 1"), "\(report.healed)")
    #expect(report.remaining.isEmpty, "\(report.remaining)")
    #expect(stores[0].contents == stores[1].contents)
    #expect(try await check(stores[0], stores[1]).findings.isEmpty)
  }

  @Test func `a sound copy is left alone`() async throws {
    let stores = try await sampleCopies()
    let copies = try await openFamily(stores)
    let recording = RecordingStore(stores[0])
    let patient = try #require(try await openFamily([recording]).first)
    recording.forgetCalls()

    let diagnosis = try await RepositoryRepair(of: patient, from: [copies[1]]).diagnose()
    let report = try await RepositoryRepair(of: patient, from: [copies[1]]).heal(diagnosis)

    #expect(diagnosis.isSound && !diagnosis.asksForHealing && diagnosis.bytesRead > 0)
    #expect(report.isSound && report.healed.isEmpty)
    for call in recording.calls {
      if case .put(let name, _) = call { #expect(name.kind == .lock) }
      if case .remove(let name) = call { #expect(name.kind == .lock) }
    }
  }

  @Test func `everything at once, one object of each kind in each way, is healed byte for byte`() async throws {
    let stores = try await sampleCopies()
    for kind in [ObjectName.Kind.snapshot, .index, .pack] {
      for (name, damage) in zip(stores[0].all(kind), Damage.allCases) { try damage.apply(to: name, in: stores[0]) }
    }
    try Damage.flipped.apply(to: .config, in: stores[0])
    try Damage.cut.apply(to: try #require(stores[0].all(.key).first), in: stores[0])

    let report = try await repair(stores[0], stores[1])

    #expect(report.isSound, "\(report.remaining)")
    #expect(stores[0].contents == stores[1].contents)
  }

  @Test func `copies damaged in different places heal each other, even if neither opens by itself`() async throws {
    let stores = try await sampleCopies()
    let whole = stores[0].contents
    let packs = stores[0].all(.pack)
    try Damage.flipped.apply(to: .config, in: stores[0])
    try Damage.flipped.apply(to: packs[0], in: stores[0])
    try Damage.deleted.apply(to: stores[0].all(.snapshot)[0], in: stores[0])
    try Damage.deleted.apply(to: stores[1].all(.key)[0], in: stores[1])
    try Damage.cut.apply(to: packs[1], in: stores[1])
    try Damage.grown.apply(to: stores[1].all(.index)[0], in: stores[1])

    let first = try await repair(stores[0], stores[1])
    let second = try await repair(stores[1], stores[0])

    #expect(first.isSound && second.isSound, "\(first.remaining) \(second.remaining)")
    #expect(stores.map(\.contents) == [whole, whole])
  }

  @Test func `a pack damaged in the same blob of both copies is named with what needs it, and the rest is healed`() async throws {
    let stores = try await sampleCopies()
    let packs = stores[0].all(.pack)
    for store in stores { try Damage.flipped.apply(to: packs[0], in: store, at: 40) }
    let damaged = try #require(stores[0].contents[packs[0]])
    try Damage.flipped.apply(to: packs[1], in: stores[0])

    let report = try await repair(stores[0], stores[1])

    #expect(!report.isSound)
    #expect(report.remaining.contains { $0.name == packs[0] && $0.severity == .error }, "\(report.remaining)")
    #expect(report.remaining.contains { $0.object.contains("snapshot '") && $0.object.contains("/files/") }, "\(report.remaining)")
    #expect(stores[0].contents[packs[1]] == stores[1].contents[packs[1]])
    #expect(stores[0].contents[packs[0]] == damaged, "what cannot be healed stays: part of it can be read")
    #expect(try await check(stores[0]).findings.allSatisfy { $0.name == packs[0] || $0.name == nil })
  }

  @Test func `a pack damaged in different blobs of both copies is put together from both`() async throws {
    let stores = try await sampleCopies()
    let whole = try await readableFiles(of: stores[0], among: [])
    let pack = try #require(stores[0].all(.pack).max { stores[0].contents[$0]!.count < stores[0].contents[$1]!.count })
    try Damage.flipped.apply(to: pack, in: stores[0], at: 40)
    try Damage.flipped.apply(to: pack, in: stores[1], at: 1000)
    #expect(try await readableFiles(of: stores[0], among: []).count < whole.count)

    let reports = [try await repair(stores[0], stores[1]), try await repair(stores[1], stores[0])]

    for (store, report) in zip(stores, reports) {
      #expect(report.isSound, "\(report.remaining)")
      #expect(report.healed.contains { $0.name == pack && $0.how == .dropped })
      #expect(try await check(store).isSound)
      #expect(try await readableFiles(of: store, among: []) == whole)
    }
  }

  @Test func `what a sibling has damaged is taken from the next one and never spreads`() async throws {
    let stores = try await sampleCopies(3)
    let whole = stores[2].contents
    for name in [stores[0].all(.pack)[0], stores[0].all(.index)[0], stores[0].all(.snapshot)[0], stores[0].all(.key)[0]] {
      try (name.kind == .snapshot ? Damage.cut : .deleted).apply(to: name, in: stores[0])
      try Damage.flipped.apply(to: name, in: stores[1])
    }

    let report = try await repair(stores[0], stores[1], stores[2])

    #expect(report.isSound, "\(report.remaining)")
    #expect(report.healed.allSatisfy { $0.how == .fetched(from: "copy 2") })
    #expect(stores[0].contents == whole)
    #expect(stores[1].contents != whole, "a sibling is only read")
  }

  @Test func `configs that siblings disagree about are not chosen from`() async throws {
    let stores = try await sampleCopies(3)
    let key = try KeyFile.decode(#require(stores[1].contents[stores[1].all(.key)[0]])).open(password: testPassword)
    let config = try await openFamily(stores)[0].config
    stores[1].overwrite(.config, with: key.seal(config.encode(), random: .system))
    try Damage.flipped.apply(to: .config, in: stores[0])

    let report = try await repair(stores[0], stores[1], stores[2])

    #expect(report.healed.isEmpty)
    #expect(report.remaining.contains { $0.name == .config && $0.severity == .error }, "\(report.remaining)")
    #expect(try await repair(stores[0], stores[2]).isSound)
    #expect(stores[0].contents == stores[2].contents)
  }

  @Test func `an object that cannot be read is fetched again`() async throws {
    let stores = try await sampleCopies()
    let names = [ObjectName.Kind.key, .snapshot, .index, .pack].map { stores[0].all($0)[0] }
    let disk = BadSpotsStore(stores[0], bad: Set(names))

    let report = try await repair(disk, stores[1])

    #expect(Set(report.healed.map(\.name)) == Set(names))
    #expect(report.isSound, "\(report.remaining)")
    #expect(stores[0].contents == stores[1].contents)
  }
}
