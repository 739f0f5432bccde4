import Primitives
import ResticFormat
import Stores

extension Treatment {
  /// For blobs that no index names any more: whole packs from siblings, then the indexes of these packs, theirs or new ones.
  ///
  /// - Returns: whether one of the blobs is named now.
  mutating func recoverPacks(for missing: Set<BlobHandle>) async throws -> Bool {
    let homeless = missing.subtracting(lostBlobs)
    guard !homeless.isEmpty else { return false }
    let indexes = siblingIndexes
    let wanted = Set(homeless.compactMap { blob in indexes.lazy.compactMap { $0.location(of: blob)?.pack }.first })
      .filter { packs[$0] == nil }
    for name in try await restore(wanted.sorted().map(ObjectName.pack)) { unhealed[name] = nil }  // theirs, not ours
    try await copyIndexes()
    let index = goodIndex
    let unnamed = homeless.filter { !index.contains($0) }
    if !unnamed.isEmpty { try await adoptPacks(holding: unnamed) }
    let after = goodIndex
    return homeless.contains { after.contains($0) }
  }

  /// Takes blobs over one by one, from wherever they can be read, into new packs, and the lost packs they were in out of the indexes.
  ///
  /// - Returns: whether any was taken over.
  mutating func rescue(_ missing: Set<BlobHandle>) async throws -> Bool {
    var wanted = missing.subtracting(lostBlobs)
    var replaced: Set<ContentID> = []
    for (id, blobs) in files.merged.packs where lostPacks.contains(id) {
      let needed = blobs.map(\.handle).filter { missing.contains($0) }
      guard try await isWorthReplacing(needed) else { continue }
      replaced.insert(id)
      wanted.formUnion(needed)
    }
    let saved = try await save(wanted)
    let index = goodIndex
    var kept: Set<ContentID> = []
    for (id, blobs) in files.merged.packs where replaced.contains(id) {
      for blob in blobs.map(\.handle) where missing.contains(blob) && !index.contains(blob) {
        kept.insert(id)
        if try await !isCertainlyLost(blob) { replaced.remove(id) }
      }
    }
    try await drop(replaced, keeping: kept)
    return saved
  }

  /// Whether this copy's own bytes of a blob are no good. A store that does not answer says nothing about them.
  private func isCertainlyLost(_ handle: BlobHandle) async throws -> Bool {
    do {
      _ = try await remains.loadBlob(handle)
      return false
    } catch let error as StoreError {
      return error.kind == .notFound || error.kind == .damaged
    } catch is RepositoryError {
      return true
    }
  }

  /// A lost pack stays as it is, with what can be read of it, if some of it is lost for good and nothing of it is to be had elsewhere.
  private func isWorthReplacing(_ needed: [BlobHandle]) async throws -> Bool {
    let (remains, elsewhere) = (remains, elsewhere)
    var isWhole = true
    for handle in needed where try await Self.tolerating({ try await remains.loadBlob(handle) }) == nil {
      if try await Self.tolerating({ try await elsewhere.loadBlob(handle) }) != nil { return true }
      isWhole = false
    }
    return isWhole
  }

  /// - Returns: whether anything was stored.
  private mutating func save(_ wanted: Set<BlobHandle>) async throws -> Bool {
    guard !wanted.isEmpty else { return false }
    let sources = sources
    let before = Set(files.files.keys)
    let progress = progress
    let stored = try await PackWriter.run(to: [patient], indexes: [goodIndex]) { writer in
      for (number, handle) in wanted.sorted(by: { $0.id < $1.id }).enumerated() {
        if let plaintext = try await Self.tolerating({ try await sources.loadBlob(handle) }) {
          _ = try await writer.save(plaintext, as: handle.kind)
        }
        progress(CheckProgress(step: .healing, done: number + 1, total: wanted.count))
      }
      return try await writer.finish().statistics.newBlobs
    }
    for object in try await patient.store.names(of: .pack) { if let id = object.name.id { packs[id] = object.byteCount } }
    try await files.read(patient)
    for (id, named) in files.files where !before.contains(id) {
      for pack in named {
        report.healed.append(RepairReport.Healed(name: .pack(pack.id), how: .rebuilt, byteCount: pack.blobs.packByteCount))
      }
    }
    return stored > 0
  }
}
