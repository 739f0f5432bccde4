import Primitives
import ResticFormat
import Stores

extension Treatment {
  /// What the patient's snapshots need.
  struct Needs: Sendable {
    var blobs: Set<BlobHandle>
    /// Files and folders that lack something, by their paths.
    let findings: [CheckFinding]
    /// Whether every snapshot and folder could be read; if not, more may be needed.
    let isComplete: Bool

    func missing(in index: RepositoryIndex) -> Set<BlobHandle> { blobs.filter { !index.contains($0) } }
  }

  /// The patient's index without the packs that are lost.
  var goodIndex: RepositoryIndex {
    let index = RepositoryIndex()
    index.add(files.merged.packs.filter { !lostPacks.contains($0.key) }.map { IndexedPack(id: $0.key, blobs: $0.value) })
    return index
  }

  var lostBlobs: Set<BlobHandle> {
    Set(files.merged.packs.filter { lostPacks.contains($0.key) }.values.joined().map(\.handle))
  }

  /// This copy first, then the siblings by their own indexes, then whatever can still be read of lost packs, here or there.
  var sources: BlobSources { BlobSources(readers: elsewhere.readers + remains.readers) }

  /// Everything but what this copy's lost packs still have.
  var elsewhere: BlobSources {
    var readers = [RepositoryReader(patient, index: goodIndex)]
    readers += zip(siblings, siblingIndexes).map { RepositoryReader($0, index: $1) }
    if !lostPacks.isEmpty {
      let index = lostIndex
      readers += siblings.map { RepositoryReader($0, index: index) }
    }
    return BlobSources(readers: readers)
  }

  var remains: BlobSources {
    BlobSources(readers: lostPacks.isEmpty ? [] : [RepositoryReader(patient, index: lostIndex)])
  }

  private var lostIndex: RepositoryIndex {
    let index = RepositoryIndex()
    index.add(files.merged.packs.filter { lostPacks.contains($0.key) }.map { IndexedPack(id: $0.key, blobs: $0.value) })
    return index
  }

  var siblingIndexes: [RepositoryIndex] {
    siblingFiles.map { files in
      let index = RepositoryIndex()
      for packs in files.files.values { index.add(packs) }
      return index
    }
  }

  /// The good index, and what can still be read of lost packs where they lie.
  func readableIndex() async throws -> RepositoryIndex {
    let index = goodIndex
    let remains = remains
    for (id, blobs) in files.merged.packs where lostPacks.contains(id) {
      var readable: [PackedBlob] = []
      for blob in blobs where try await Self.tolerating({ try await remains.loadBlob(blob.handle) }) != nil { readable.append(blob) }
      index.add([IndexedPack(id: id, blobs: readable)])
    }
    return index
  }

  func needs(lookingInto index: RepositoryIndex? = nil) async throws -> Needs {
    let list = try await patient.snapshots(toleratingUnreadable: true)
    var roots = list.snapshots.map { Root(tree: $0.snapshot.tree, snapshot: .snapshot($0.id)) }
    // One that may not be replaced here is known all the same.
    for damaged in list.damaged {
      guard let found = try await exchange.find(damaged.name), let tree = tree(of: found.bytes) else { continue }
      roots.append(Root(tree: tree, snapshot: damaged.name))
    }
    let sources = sources
    var walk = TreeWalk(index ?? goodIndex) { try await sources.eachTree($0) }
    for (number, root) in roots.enumerated() {
      walk.start(at: root.tree, of: root.snapshot.description)
      while !walk.isDone { try await walk.step() }
      progress(CheckProgress(step: .snapshots, done: number + 1, total: roots.count))
    }
    let isComplete = roots.count == list.snapshots.count + list.damaged.count && walk.unreadTrees == 0
    return Needs(blobs: walk.referenced, findings: walk.findings, isComplete: isComplete)
  }

  private struct Root {
    let tree: ContentID
    let snapshot: ObjectName
  }

  func tree(of snapshot: [UInt8]) -> ContentID? {
    guard let json = try? UnpackedFile.unseal(snapshot, with: patient.masterKey, compression: patient.compression) else { return nil }
    return try? Snapshot.decode(json).tree
  }
}
