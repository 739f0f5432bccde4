import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import Synchronization
import TestSupport
import Testing

/// Lets through what waits at it once it is opened.
final class Gate: Sendable {
  private let isOpen = Mutex(false)
  private let waiting = Mutex(0)

  /// How many came here so far.
  var arrivals: Int { waiting.withLock { $0 } }

  func open() { isOpen.withLock { $0 = true } }

  /// For `SlowStore`: as long as the gate is closed, a call takes for ever.
  @Sendable func pass(_: Duration) async throws {
    waiting.withLock { $0 += 1 }
    while !isOpen.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
  }
}

final class Tally: Sendable {
  private let value = Mutex(0)

  var count: Int { value.withLock { $0 } }

  func add() { value.withLock { $0 += 1 } }
}

/// Tries until it is true. Tries are counted, a minute's worth, not time: among hundreds of tests this one may not get its turn for a minute.
func reaches(_ condition: () async throws -> Bool) async throws -> Bool {
  for _ in 0..<30_000 {
    if try await condition() { return true }
    try await Task.sleep(for: .milliseconds(2))
  }
  return false
}

extension RecordingStore {
  /// Names of what was put, each as often as it was.
  func puts(_ kind: ObjectName.Kind? = nil) -> [ObjectName] {
    calls.compactMap { call in if case .put(let name, _) = call, kind.map({ $0 == name.kind }) ?? true { name } else { nil } }
  }

  func bytesPut(_ kind: ObjectName.Kind) -> Int {
    calls.reduce(0) { sum, call in if case .put(let name, let count) = call, name.kind == kind { sum + count } else { sum } }
  }

  /// Packs read in full.
  var packsRead: Int { packNamesRead.count }

  var packNamesRead: [ObjectName] {
    calls.compactMap { call in if case .bytes(let name, nil) = call, name.kind == .pack { name } else { nil } }
  }
}

/// Blobs of random bytes that make `count` packs under `PackWriter.Limits.small`.
func blobs(packs count: Int, seed: UInt64) -> [[UInt8]] {
  var random = SeededRandom(seed: seed)
  return (0..<count).map { _ in random.bytes(3000) }
}

/// Opens stores anew, as another run would.
func reopened(_ stores: [any BlobStore]) async throws -> [Repository] {
  var copies: [Repository] = []
  for store in stores { copies.append(try await Repository.open(store, password: testPassword, surroundings: .here())) }
  return copies
}

/// What a run of the backup does before it writes: takes up what earlier ones left.
func resumedSnapshot(of files: [SampleFile], to copies: [Repository], time: Timestamp = sampleTime) async throws -> PackWriter.Summary {
  let inventories = try await Inventory.take(of: copies).map { try $0.get() }
  let leftovers = try await Leftover.find(in: inventories, indexes: inventories.map(\.index))
  let backlog = Backlog(plans: copies.map { _ in [] }, leftovers: leftovers)
  return try await PackWriter.run(to: copies, indexes: inventories.map(\.index), backlog: backlog, limits: .small) { writer in
    let root = try await save(files, with: writer)
    _ = try await writer.finish()
    _ = try await writer.save(snapshot(of: root, time: time))
    return try await writer.complete()
  }
}
