import Primitives
import ResticFormat

/// Wherever a blob may still be had: this copy and its siblings, by what each one's index says. What comes is what its name says.
struct BlobSources: Sendable {
  let readers: [RepositoryReader]

  func loadBlob(_ handle: BlobHandle) async throws -> [UInt8] { try await first(with: handle) { try await $0.loadBlob(handle) } }

  func loadTree(_ id: ContentID) async throws -> Tree {
    try await first(with: BlobHandle(id, .tree)) { try await $0.loadTree(id) }
  }

  /// - Throws: the first reader's error if none has it.
  private func first<Value>(with handle: BlobHandle, _ load: (RepositoryReader) async throws -> Value) async throws -> Value {
    var failure: (any Error)?
    for reader in readers {
      try Task.checkCancellation()
      do { return try await load(reader) } catch is CancellationError { throw CancellationError() } catch { failure = failure ?? error }
    }
    throw failure ?? RepositoryError(.notFound, "no copy has \(handle)")
  }
}
