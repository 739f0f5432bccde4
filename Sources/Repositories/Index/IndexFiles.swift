import Primitives
import ResticFormat
import Stores

/// What each index file of a copy says: for who looks at the files themselves, not only at where blobs are.
struct IndexFiles: Sendable {
  struct Damaged: Sendable {
    let name: ObjectName
    let error: any Error
  }

  private struct Loaded: Sendable {
    let name: ObjectName
    let packs: Result<[IndexedPack], any Error>
  }

  /// Files fetched at once.
  private static let window = 4

  private(set) var files: [ContentID: [IndexedPack]] = [:]
  private(set) var damaged: [Damaged] = []

  /// Reads the files that are not known yet, and forgets those that are gone.
  ///
  /// - Parameter progress: files done, of how many.
  mutating func read(_ repository: Repository, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) async throws {
    let names = try await repository.store.names(of: .index).map(\.name)
    let there = Set(names.compactMap(\.id))
    files = files.filter { there.contains($0.key) }
    damaged = []
    let unread = names.filter { name in name.id.map { files[$0] == nil } ?? false }
    var done = 0
    try await withThrowingTaskGroup(of: Loaded.self) { group in
      for (number, name) in unread.enumerated() {
        if number >= Self.window, let loaded = try await group.next() {
          take(loaded)
          done += 1
          progress(done, unread.count)
        }
        group.addTask { try await Self.load(name, of: repository) }
      }
      for try await loaded in group {
        take(loaded)
        done += 1
        progress(done, unread.count)
      }
    }
  }

  /// What all files together say.
  struct Merged: Sendable {
    /// The blobs of each pack in the order in which they lie.
    var packs: [ContentID: [PackedBlob]] = [:]
    /// Packs about which two files say different things.
    var disputed: Set<ContentID> = []
  }

  var merged: Merged {
    var merged = Merged()
    for pack in files.values.joined() {
      let blobs = pack.blobs.sorted { $0.offset < $1.offset }
      if let known = merged.packs.updateValue(blobs, forKey: pack.id), known != blobs { merged.disputed.insert(pack.id) }
    }
    return merged
  }

  /// What a file says, read elsewhere.
  mutating func add(_ packs: [IndexedPack], of name: ObjectName) { if let id = name.id { files[id] = packs } }

  /// For a copy that holds some of another's files: they need not be read again.
  func shared(with other: IndexFiles) -> IndexFiles {
    var both = self
    both.files.merge(other.files) { first, _ in first }
    return both
  }

  private mutating func take(_ loaded: Loaded) {
    switch loaded.packs {
    case .success(let packs): add(packs, of: loaded.name)
    case .failure(let error): damaged.append(Damaged(name: loaded.name, error: error))
    }
  }

  /// - Throws: only what is not about this file: cancellation.
  private static func load(_ name: ObjectName, of repository: Repository) async throws -> Loaded {
    do {
      let json = try await repository.json(of: name)
      return Loaded(name: name, packs: .success(try repository.damaged(name) { () throws(FormatError) in try IndexFile.decode(json) }))
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      return Loaded(name: name, packs: .failure(error))
    }
  }
}

extension [PackedBlob] {
  /// Bytes of a pack that holds exactly these blobs.
  var packByteCount: Int { reduce(PackHeader.byteCount(of: self)) { $0 + $1.length } }
}
