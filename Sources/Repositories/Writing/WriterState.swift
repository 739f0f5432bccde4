import Primitives
import ResticFormat
import Stores

/// What a `PackWriter` decides on, apart from doing it: which blobs are known, which packs are open, which stores live.
struct WriterState {
  struct Destination {
    let repository: Repository
    let index: RepositoryIndex
  }

  /// So that the blob that fills a pack, and its header, do not copy it.
  private static let roomForLastBlob = 2 << 20

  private(set) var living: [Destination]
  private(set) var failures: [StoreFailure] = []
  private(set) var statistics = PackWriter.Statistics()
  /// Set when something promised cannot be kept; every later verb throws it.
  private var broken: (any Error)?
  private let count: Int
  /// Blobs on their way: claimed, in an open pack or in one being put.
  private var underway: Set<BlobHandle> = []
  private var open: [BlobKind: PackBuilder] = [:]
  /// Packs in all living stores that no index names yet.
  private var unindexed: [IndexedPack] = []

  init(destinations: [Destination]) {
    living = destinations
    count = destinations.count
  }

  var isFlushed: Bool { underway.isEmpty && unindexed.isEmpty }

  func contains(_ handle: BlobHandle) -> Bool {
    underway.contains(handle) || living.allSatisfy { $0.index.contains(handle) }
  }

  /// - Returns: whether the caller has to store the blob.
  mutating func claim(_ handle: BlobHandle, byteCount: Int) throws -> Bool {
    try requireLiving()
    guard !contains(handle) else {
      statistics.knownBlobs += 1
      statistics.knownBytes += byteCount
      return false
    }
    underway.insert(handle)
    statistics.newBlobs += 1
    statistics.newBytes += byteCount
    return true
  }

  /// - Returns: the pack the blob filled, now the caller's to put.
  mutating func append(_ sealed: [UInt8], as handle: BlobHandle, uncompressedLength: Int?, limits: PackWriter.Limits) -> PackBuilder? {
    var pack = open.removeValue(forKey: handle.kind) ?? PackBuilder(capacity: limits.packSize + Self.roomForLastBlob)
    pack.append(sealed, as: handle, uncompressedLength: uncompressedLength)
    statistics.storedBlobBytes += sealed.count
    if pack.byteCount >= limits.packSize || pack.blobs.count >= limits.blobsPerPack { return pack }
    open[handle.kind] = pack
    return nil
  }

  mutating func takeOpenPacks() -> [PackBuilder] {
    defer { open = [:] }
    return BlobKind.allCases.compactMap { open[$0] }
  }

  /// A pack is durable in every living store.
  mutating func stored(_ pack: IndexedPack, packBytes: Int) {
    statistics.packs += 1
    statistics.packBytes += packBytes
    var added: [RepositoryIndex] = []
    for destination in living where !added.contains(where: { $0 === destination.index }) {
      destination.index.add([pack])
      added.append(destination.index)
    }
    for blob in pack.blobs { underway.remove(blob.handle) }
    unindexed.append(pack)
  }

  /// Packs for the next index file, or `nil` when none is due.
  ///
  /// - Parameter always: whether to write one for a few packs too.
  mutating func takeIndexedPacks(always: Bool, limits: PackWriter.Limits) -> [IndexedPack]? {
    let blobs = unindexed.reduce(0) { $0 + $1.blobs.count }
    let isDue = unindexed.count >= limits.packsPerIndex || blobs >= IndexFile.mostBlobs || (always && !unindexed.isEmpty)
    guard isDue else { return nil }
    var taken = 0
    var takenBlobs = 0
    while taken < unindexed.count, taken == 0 || takenBlobs + unindexed[taken].blobs.count <= IndexFile.mostBlobs {
      takenBlobs += unindexed[taken].blobs.count
      taken += 1
    }
    defer { unindexed.removeFirst(taken) }
    statistics.indexes += 1
    return Array(unindexed[..<taken])
  }

  mutating func drop(_ failure: StoreFailure) {
    guard living.contains(where: { $0.repository.address == failure.address }) else { return }
    living.removeAll { $0.repository.address == failure.address }
    failures.append(failure)
  }

  mutating func giveUp(_ error: any Error) { broken = broken ?? error }

  func requireLiving() throws {
    if let broken { throw broken }
    guard living.isEmpty else { return }
    let reasons = failures.map { "\($0.address): \(($0.error as? any Explainable)?.summary ?? "\($0.error)")" }
    throw RepositoryError(
      .allStoresFailed, "no store is left to write to (\(count) failed): \(reasons.joined(separator: "; "))",
      hints: ["what was stored so far is kept: run the same command again once a store is back"])
  }

  var summary: PackWriter.Summary {
    PackWriter.Summary(statistics: statistics, completed: living.map(\.repository.address), failures: failures)
  }
}
