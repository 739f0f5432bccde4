import Primitives
import ResticFormat

/// Wherever a blob may still be had: this copy and its siblings, by what each one's index says. What comes is what its name says.
struct BlobSources: Sendable {
  let readers: [RepositoryReader]

  func loadBlob(_ handle: BlobHandle) async throws -> [UInt8] { try await first(with: handle) { try await $0.loadBlob(handle) } }

  /// In the order they are asked for; of those that nobody has, the first reader's reason.
  func eachTree(_ trees: [ContentID]) async throws -> [Result<Tree, any Error>] {
    guard let first = readers.first else { return trees.map { .failure(Self.nowhere(BlobHandle($0, .tree))) } }
    var results = try await first.eachTree(trees)
    for reader in readers.dropFirst() {
      let lacking = results.indices.filter { (try? results[$0].get()) == nil }
      let found = try await reader.eachTree(lacking.map { trees[$0] })
      for (position, result) in zip(lacking, found) where (try? result.get()) != nil { results[position] = result }
    }
    return results
  }

  /// - Throws: the first reader's error if none has it.
  private func first<Value>(with handle: BlobHandle, _ load: (RepositoryReader) async throws -> Value) async throws -> Value {
    var failure: (any Error)?
    for reader in readers {
      try Task.checkCancellation()
      do { return try await load(reader) } catch is CancellationError { throw CancellationError() } catch { failure = failure ?? error }
    }
    throw failure ?? Self.nowhere(handle)
  }

  private static func nowhere(_ handle: BlobHandle) -> RepositoryError { RepositoryError(.notFound, "no copy has \(handle)") }
}
