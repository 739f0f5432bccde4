import Primitives
import ResticFormat
import Stores

/// Puts blobs that stay into new packs, sealed as they are, each opened and compared with its name on the way.
///
/// Blobs come in the order of their old packs and places, headers are sealed repeatably: so copies with the same packs and the same snapshots
/// get the same new packs, and can heal one another.
struct PackMoving {
  /// So that the blob that fills a pack, and its header, do not copy it.
  private static let roomForLastBlob = 2 << 20

  private(set) var packs: [IndexedPack] = []
  private(set) var bytesRead = 0
  private(set) var bytesWritten = 0

  private let repository: Repository
  private let limits: PruneLimits
  private let leftovers: Set<ObjectName>
  private let total: Int
  private let progress: @Sendable (PruneProgress) -> Void
  private var open: [BlobKind: PackBuilder] = [:]
  private var moved = 0

  /// - Parameter leftovers: packs that are about to go. A prune cut short leaves some that have the names of those written now.
  init(
    _ repository: Repository, _ limits: PruneLimits, leftovers: [StoredObject], total: Int,
    progress: @escaping @Sendable (PruneProgress) -> Void
  ) {
    self.repository = repository
    self.limits = limits
    self.leftovers = Set(leftovers.map(\.name))
    self.total = total
    self.progress = progress
  }

  mutating func move(_ moves: [RepositoryIndex.Location]) async throws {
    let spans = BlobSpan.spans(of: moves)
    let repository = repository
    var fetched = try await Self.fetch(spans.first, from: repository)
    for number in spans.indices {
      let following = number + 1 < spans.count ? spans[number + 1] : nil
      async let ahead = Self.fetch(following, from: repository)
      try await take(spans[number], fetched)
      fetched = try await ahead
    }
    for kind in BlobKind.allCases { if let pack = open.removeValue(forKey: kind) { try await put(pack) } }
    let count = packs.reduce(0) { $0 + $1.blobs.count }
    precondition(count == moves.count, "every blob that moves is in a new pack before an old one goes")
  }

  private static func fetch(_ span: BlobSpan?, from repository: Repository) async throws -> [UInt8] {
    guard let span else { return [] }
    return try await repository.store.bytes(of: .pack(span.pack), in: span.range)
  }

  private mutating func take(_ span: BlobSpan, _ bytes: [UInt8]) async throws {
    bytesRead += bytes.count
    for blob in span.blobs {
      try Task.checkCancellation()
      let sealed = Array(bytes[span.place(of: blob)])
      do {
        _ = try repository.sealing.open(sealed, as: blob.handle.id, uncompressedLength: blob.uncompressedLength)
      } catch {
        throw PrunePlan.damage("\(blob.handle) of \(ObjectName.pack(span.pack)): \(error.summary)", in: repository)
      }
      var pack = open.removeValue(forKey: blob.handle.kind) ?? PackBuilder(capacity: limits.packSize + Self.roomForLastBlob)
      pack.append(sealed, as: blob.handle, uncompressedLength: blob.uncompressedLength)
      moved += blob.length
      if pack.byteCount >= limits.packSize || pack.blobs.count >= limits.blobsPerPack {
        try await put(pack)
      } else {
        open[blob.handle.kind] = pack
      }
    }
    progress(PruneProgress(step: .rewriting, done: moved, total: total))
  }

  private mutating func put(_ builder: consuming PackBuilder) async throws {
    let pack = builder.finishRepeatably(with: repository.masterKey)
    let name = ObjectName.pack(pack.id)
    if leftovers.contains(name) { try await removeUnlessWhole(name, pack.bytes) }
    try await repository.store.put(pack.bytes, as: name)
    bytesWritten += pack.bytes.count
    packs.append(IndexedPack(id: pack.id, blobs: pack.blobs))
  }

  /// Putting what is there with the same size does nothing. Nobody has looked at it since, and it is about to be all there is.
  private func removeUnlessWhole(_ name: ObjectName, _ bytes: [UInt8]) async throws {
    guard try await repository.store.bytes(of: name) != bytes else { return }
    try await repository.store.remove(name)
  }
}
