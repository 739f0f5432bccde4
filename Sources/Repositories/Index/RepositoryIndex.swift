package import Primitives
package import ResticFormat
import Stores
import Synchronization

/// Where every blob of one copy lies. Many may look things up while a writer adds.
///
/// A blob costs about 70 bytes: its id (32), where it lies (16), and its share of the table. Packs are numbered, so that their
/// ids are held once.
package final class RepositoryIndex: Sendable {
  /// Where one blob lies.
  package struct Location: Sendable, Hashable {
    package let pack: ContentID
    package let blob: PackedBlob
  }

  private struct State {
    var table = BlobTable()
    var packs: [ContentID] = []
    /// Index files read or written; to see which copies hold the same.
    var files: Set<ContentID> = []
  }

  private let state: Mutex<State>

  package init() { state = Mutex(State()) }

  /// Starts with what `other` knows now.
  init(copying other: RepositoryIndex) { state = Mutex(other.state.withLock { $0 }) }

  package func location(of handle: BlobHandle) -> Location? {
    state.withLock { state in
      state.table[handle].map { row in Location(pack: state.packs[Int(row.pack)], blob: row.blob(handle)) }
    }
  }

  package func contains(_ handle: BlobHandle) -> Bool { state.withLock { $0.table[handle] != nil } }

  package var blobCount: Int { state.withLock { $0.table.count } }

  /// Ids of all packs an index names.
  package var packIDs: Set<ContentID> { state.withLock { Set($0.packs) } }

  /// Ids of the index files it was made of.
  package var fileIDs: Set<ContentID> { state.withLock { $0.files } }

  /// Adds packs whose blobs can be read from now on. A blob that is known keeps its first place.
  package func add(_ packs: [IndexedPack], file: ContentID? = nil) {
    state.withLock { state in
      if let file { state.files.insert(file) }
      for pack in packs {
        let number = UInt32(state.packs.count)
        state.packs.append(pack.id)
        for blob in pack.blobs { state.table.insert(blob, pack: number) }
      }
    }
  }
}
