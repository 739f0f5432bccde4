import Primitives
import ResticFormat
import Stores

/// What a prune is going to do with one copy, and what it costs. Good as long as the lock under which it was made is held.
package struct PrunePlan: Sendable {
  static let repairHint = "run 'akiba repair': another location holds the same files byte for byte; prune when 'akiba check' finds no error"

  package let removedSnapshots: [StoredSnapshot]
  package let keptSnapshots: Int
  package let packsBefore: Int
  package let bytesBefore: Int
  /// Packs that hold nothing anybody needs.
  package let unusedPacks: Int
  /// Packs whose needed blobs move into new ones.
  package let rewrittenPacks: Int
  /// Packs in no index.
  package let unindexedPacks: Int
  /// Bytes to be read from old packs and written into new ones, without headers.
  package let bytesMoved: Int
  /// Bytes of packs that go, less what is written instead.
  package let bytesFreed: Int
  /// Bytes that stay though nothing needs them.
  package let bytesUnused: Int

  let index: PruneIndex
  /// What moves, in the order in which it is written.
  let moves: [RepositoryIndex.Location]
  /// Packs that are gone in the end, with and without index.
  let leavingPacks: [StoredObject]
  /// By the index's numbers.
  let isLeaving: [Bool]
  /// Index files that stay as they are, and those that others take the place of.
  let replacedFiles: [PruneIndex.File]
  let keptFiles: [PruneIndex.File]

  /// Whether there is nothing to do.
  package var isEmpty: Bool { removedSnapshots.isEmpty && leavingPacks.isEmpty && replacedFiles.isEmpty }

  static func damage(_ problem: String, in repository: Repository) -> RepositoryError {
    RepositoryError(.damaged, "repository '\(repository.address)' is damaged, and is not pruned: \(problem)", hints: [repairHint])
  }
}

/// How far a prune has come.
package struct PruneProgress: Sendable, Equatable {
  package enum Step: Sendable { case indexes, snapshots, forgetting, rewriting, indexing, removing }

  package let step: Step
  package let done: Int
  /// Of what is counted in this step: files, snapshots, objects; bytes while rewriting.
  package let total: Int
}
