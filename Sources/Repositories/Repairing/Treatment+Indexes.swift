import Primitives
import ResticFormat
import Stores

extension Treatment {
  /// Fetches index files that are missing here: those that name a pack which is here and in no index, if all the packs they name are here.
  mutating func copyIndexes() async throws {
    var wanted: [ObjectName] = []
    let indexed = files.merged.packs
    for (id, named) in Dictionary(siblingFiles.flatMap(\.files), uniquingKeysWith: { first, _ in first }) where files.files[id] == nil {
      guard named.contains(where: { indexed[$0.id] == nil }), named.allSatisfy({ packs[$0.id] == $0.blobs.packByteCount }) else { continue }
      wanted.append(.index(id))
    }
    guard !wanted.isEmpty else { return }
    for name in try await restore(wanted.sorted { $0.path < $1.path }) { unhealed[name] = nil }  // not ours to miss
    try await files.read(patient)
  }

  /// Names packs that are here and in no index in a new one, if they hold any of these blobs.
  mutating func adoptPacks(holding missing: Set<BlobHandle>) async throws {
    let indexed = files.merged.packs
    var adopted: [IndexedPack] = []
    for id in packs.keys.sorted() where indexed[id] == nil {
      try Task.checkCancellation()
      guard let bytes = try await Self.tolerating({ try await patient.store.bytes(of: .pack(id)) }), ContentID(hashing: bytes) == id,
        let blobs = try? PackHeader.read(from: bytes, with: patient.masterKey)
      else { continue }
      if blobs.contains(where: { missing.contains($0.handle) }) { adopted.append(IndexedPack(id: id, blobs: blobs)) }
    }
    try await putIndexes(adopted)
    try await files.read(patient)
  }

  /// Takes packs out of every index, then away. What else those indexes name is in new ones before they go.
  ///
  /// - Parameter kept: packs of which something is lost; what is left of them stays, for a sibling that may come back.
  mutating func drop(_ dropped: Set<ContentID>, keeping kept: Set<ContentID>) async throws {
    guard !dropped.isEmpty else { return }
    let replaced = files.files.filter { $0.value.contains { dropped.contains($0.id) } }
    var covered = Set(files.files.filter { replaced[$0.key] == nil }.values.joined().map(\.id))
    var rest: [IndexedPack] = []
    for pack in replaced.values.joined() where !dropped.contains(pack.id) && covered.insert(pack.id).inserted { rest.append(pack) }
    try await putIndexes(rest)
    var isUnnamed = true
    for id in replaced.keys.sorted() where try await !remove(.index(id)) { isUnnamed = false }
    // What an index still names is not taken away, even if it is damaged.
    guard isUnnamed else { return }
    try await files.read(patient)
    for id in dropped.subtracting(kept).sorted() {
      if packs[id] != nil {
        try await remove(.pack(id))
      } else {
        lostPacks.remove(id)
        unhealed[.pack(id)] = nil
      }
    }
  }

  /// - Returns: whether it is gone now.
  @discardableResult
  mutating func remove(_ name: ObjectName) async throws -> Bool {
    try await attempt(name) {
      let size = try await $0.patient.size(of: name)
      try await $0.patient.remove(name)
      return RepairReport.Healed(name: name, how: .dropped, byteCount: size)
    }
  }

  private mutating func putIndexes(_ packs: [IndexedPack]) async throws {
    var waiting = packs[...]
    while !waiting.isEmpty {
      var blobs = 0
      let next = waiting.prefix { pack in
        blobs += pack.blobs.count
        return blobs <= IndexFile.mostBlobs || blobs == pack.blobs.count
      }
      waiting = waiting.dropFirst(next.count)
      let object = patient.seal(IndexFile.encode(Array(next)), as: .index)
      try await patient.store.put(object.bytes, as: object.name)
      report.healed.append(RepairReport.Healed(name: object.name, how: .rebuilt, byteCount: object.bytes.count))
    }
  }
}
