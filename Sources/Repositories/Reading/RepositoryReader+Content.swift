package import Primitives
import ResticFormat
import Stores

extension RepositoryReader {
  /// Hands over a file's blobs in order, with few large reads: neighbours in one pack come together, and the next read runs
  /// while `body` works.
  ///
  /// - Parameters:
  ///   - content: data blobs, as a node lists them.
  ///   - body: gets the position in `content` and the plaintext.
  package func read(_ content: [ContentID], _ body: (_ position: Int, _ plaintext: [UInt8]) async throws -> Void) async throws {
    let spans = BlobSpan.spans(of: try content.map { try location(of: BlobHandle($0, .data)) })
    guard let first = spans.first else { return }
    var position = 0
    var plaintexts = try await fetch(first)
    for number in spans.indices {
      let following = number + 1 < spans.count ? spans[number + 1] : nil
      async let ahead = fetch(following)
      for plaintext in plaintexts {
        try Task.checkCancellation()
        try await body(position, plaintext)
        position += 1
      }
      plaintexts = try await ahead
    }
  }

  private func fetch(_ span: BlobSpan?) async throws -> [[UInt8]] {
    guard let span else { return [] }
    let bytes = try await self.bytes(of: span)
    return try span.blobs.map { try open(bytes[span.place(of: $0)], $0, in: span.pack) }
  }

  func bytes(of span: BlobSpan) async throws -> [UInt8] {
    try await repository.store.bytes(of: .pack(span.pack), in: span.range)
  }
}
