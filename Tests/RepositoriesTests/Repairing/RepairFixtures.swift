import Primitives
import Repositories
import ResticFormat
import Stores
import Synchronization
import TestSupport
import Testing

/// What a bad disk, a bad line or a bad hand does to one object.
enum Damage: String, CaseIterable, CustomTestStringConvertible {
  case deleted, cut, flipped, grown

  var testDescription: String { rawValue }

  func apply(to name: ObjectName, in store: MemoryStore, at byte: Int? = nil) throws {
    var bytes = try store.bytes(of: name, in: nil)
    switch self {
    case .deleted: return try store.remove(name)
    case .cut: bytes.removeLast(bytes.count / 3)
    case .flipped: bytes[byte ?? bytes.count / 2] ^= 4
    case .grown: bytes += [7, 7, 7]
    }
    store.overwrite(name, with: bytes)
  }
}

extension MemoryStore {
  /// Objects of a kind, in a fixed order.
  func all(_ kind: ObjectName.Kind) -> [ObjectName] { names(of: kind).map(\.name).sorted { $0.path < $1.path } }

  /// Everything but locks.
  var kept: [ObjectName: [UInt8]] { contents.filter { $0.key.kind != .lock } }
}

/// Copies of one repository, the same each time: three snapshots, each with something of its own, in several packs and indexes.
func sampleCopies(_ count: Int = 2) async throws -> [MemoryStore] {
  let stores = (0..<count).map { MemoryStore(address: "copy \($0)") }
  let copies = try await Repository.create(
    in: stores, password: testPassword, surroundings: .here(random: .seeded(4)), parameters: quickScrypt)
  var random = SeededRandom(seed: 4)
  let common = (0..<4).map { SampleFile("common \($0)", random.bytes(700)) }
  for number in 0..<3 {
    let own = (0..<3).map { SampleFile("own \(number) \($0)", random.bytes(900)) }
    try await writeSnapshot(of: common + own, to: copies, time: sampleTime.advanced(by: .seconds(number * 60)))
  }
  return stores
}

func openFamily(_ stores: [any BlobStore]) async throws -> [Repository] {
  try await RepositoryFamily.open(stores, password: testPassword, surroundings: .here()).copies
}

struct NotOpened: Error {}

/// Diagnoses and heals the first store from the others.
@discardableResult
func repair(_ stores: any BlobStore..., readingPacks: Bool = true) async throws -> RepairReport {
  let copies = try await openFamily(stores)
  guard let patient = copies.first(where: { $0.address == stores[0].address }) else { throw NotOpened() }
  let repair = RepositoryRepair(of: patient, from: copies.filter { $0.address != patient.address })
  return try await repair.heal(try await repair.diagnose(readingPacks: readingPacks))
}

func check(_ stores: any BlobStore...) async throws -> CheckReport {
  let copies = try await openFamily(stores)
  let copy = try #require(copies.first { $0.address == stores[0].address })
  return try await RepositoryCheck(copy, siblings: stores.dropFirst().map { $0 }, reading: .all).run()
}

/// Every file of every snapshot that can be read whole: by snapshot and name.
func readableFiles(of store: any BlobStore, among stores: [any BlobStore]) async throws -> Set<String> {
  guard let copy = try await openFamily([store] + stores).first(where: { $0.address == store.address }) else { return [] }
  let (index, _) = try await RepositoryIndex.loadTolerating(copy)
  let reader = RepositoryReader(copy, index: index)
  var readable: Set<String> = []
  for stored in try await copy.snapshots().snapshots {
    guard let folder = try? await reader.node(at: "files", in: stored.snapshot.tree)?.subtree,
      let nodes = try? await reader.loadTree(folder).nodes
    else { continue }
    for node in nodes where (try? await reader.read(node.content) { _, _ in }) != nil {
      readable.insert("\(stored.id.short)/\(node.displayName)")
    }
  }
  return readable
}

/// A disk with bad spots: some objects cannot be read until they are written anew.
final class BadSpotsStore: BlobStore {
  let store: MemoryStore
  private let bad: Mutex<Set<ObjectName>>
  var address: String { store.address }

  init(_ store: MemoryStore, bad: Set<ObjectName>) {
    self.store = store
    self.bad = Mutex(bad)
  }

  func createLayout() {}
  func put(_ bytes: [UInt8], as name: ObjectName) throws {
    let size = try? store.size(of: name)
    try store.put(bytes, as: name)
    if size != bytes.count { _ = bad.withLock { $0.remove(name) } }
  }
  func bytes(of name: ObjectName, in range: Range<Int>?) throws -> [UInt8] {
    if bad.withLock({ $0.contains(name) }) {
      throw StoreError(.unreachable, cannot: "read", name, in: address, because: "input/output error")
    }
    return try store.bytes(of: name, in: range)
  }
  func size(of name: ObjectName) throws -> Int { try store.size(of: name) }
  func names(of kind: ObjectName.Kind) -> [StoredObject] { store.names(of: kind) }
  func remove(_ name: ObjectName) throws {
    try store.remove(name)
    _ = bad.withLock { $0.remove(name) }
  }
}
