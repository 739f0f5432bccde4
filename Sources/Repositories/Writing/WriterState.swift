import Primitives
import ResticFormat

/// What a `PackWriter` decides on, apart from doing it: which blobs are known and which packs are open.
struct WriterState {
  /// So that the blob that fills a pack, and its header, do not copy it.
  private static let roomForLastBlob = 2 << 20

  private(set) var statistics = PackWriter.Statistics()
  /// Set when something promised cannot be kept; every later verb throws it.
  private(set) var broken: (any Error)?
  /// What each copy had before, in their order.
  private let indexes: [RepositoryIndex]
  /// Blobs in packs on their way to every copy.
  private let promised = RepositoryIndex()
  /// Blobs claimed or in an open pack.
  private var underway: Set<BlobHandle> = []
  private var open: [BlobKind: PackBuilder] = [:]
  /// Packs on their way that no index names yet.
  private var unindexed: [IndexedPack] = []

  init(indexes: [RepositoryIndex]) { self.indexes = indexes }

  var isFlushed: Bool { underway.isEmpty && unindexed.isEmpty }

  /// - Parameter living: positions of the copies that are still written to.
  func contains(_ handle: BlobHandle, living: [Int]) -> Bool {
    underway.contains(handle) || promised.contains(handle) || living.allSatisfy { indexes[$0].contains(handle) }
  }

  /// - Returns: whether the caller has to store the blob.
  mutating func claim(_ handle: BlobHandle, byteCount: Int, living: [Int]) -> Bool {
    guard !contains(handle, living: living) else {
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

  /// A pack is on its way to every living copy.
  mutating func sent(_ pack: IndexedPack, packBytes: Int) {
    statistics.packs += 1
    statistics.packBytes += packBytes
    promise([pack])
    for blob in pack.blobs { underway.remove(blob.handle) }
  }

  /// Packs that every living copy has or gets, and that some copy's index does not name.
  mutating func promise(_ packs: [IndexedPack]) {
    promised.add(packs)
    unindexed += packs
  }

  /// Packs for the next index file; empty when all are named.
  mutating func takeIndexedPacks() -> [IndexedPack] {
    let taken = IndexFile.prefix(of: unindexed[...])
    unindexed.removeFirst(taken.count)
    if !taken.isEmpty { statistics.indexes += 1 }
    return Array(taken)
  }

  mutating func giveUp(_ error: any Error) { broken = broken ?? error }
}

extension IndexFile {
  /// As many packs as fit into one file; at least one, if there is one.
  static func prefix(of packs: ArraySlice<IndexedPack>) -> ArraySlice<IndexedPack> {
    var count = 0
    var blobs = 0
    for pack in packs {
      blobs += pack.blobs.count
      if count > 0, blobs > mostBlobs { break }
      count += 1
    }
    return packs.prefix(count)
  }
}
