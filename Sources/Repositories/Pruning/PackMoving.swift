import Primitives
import ResticFormat
import Stores

/// Puts blobs that stay into new packs, sealed as they are, each opened and compared with its name on the way.
///
/// Blobs come in the order of their old packs and places, headers are sealed repeatably: so copies with the same packs and the same snapshots
/// get the same new packs, and can heal one another.
struct PackMoving {
  /// Bytes fetched by one read at most, but for a single larger blob.
  private static let longestRead = 16 << 20
  /// Bytes between two wanted blobs worth reading rather than asking twice.
  private static let widestGap = 64 << 10
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

  mutating func move(_ moves: [PrunePlan.Move]) async throws {
    let spans = Self.spans(of: moves)
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

  /// Blobs of one pack, ascending, and the bytes that cover them.
  private struct Span: Sendable {
    let pack: ContentID
    var blobs: [PackedBlob]
    var range: Range<Int>
  }

  private static func spans(of moves: [PrunePlan.Move]) -> [Span] {
    var spans: [Span] = []
    for move in moves {
      let range = move.blob.offset..<move.blob.offset + move.blob.length
      if let last = spans.last, last.pack == move.pack, range.lowerBound >= last.range.upperBound,
        range.lowerBound - last.range.upperBound <= widestGap, range.upperBound - last.range.lowerBound <= longestRead
      {
        spans[spans.count - 1].blobs.append(move.blob)
        spans[spans.count - 1].range = last.range.lowerBound..<range.upperBound
      } else {
        spans.append(Span(pack: move.pack, blobs: [move.blob], range: range))
      }
    }
    return spans
  }

  private static func fetch(_ span: Span?, from repository: Repository) async throws -> [UInt8] {
    guard let span else { return [] }
    return try await repository.store.bytes(of: .pack(span.pack), in: span.range)
  }

  private mutating func take(_ span: Span, _ bytes: [UInt8]) async throws {
    bytesRead += bytes.count
    for blob in span.blobs {
      try Task.checkCancellation()
      let start = blob.offset - span.range.lowerBound
      let sealed = Array(bytes[start..<start + blob.length])
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
