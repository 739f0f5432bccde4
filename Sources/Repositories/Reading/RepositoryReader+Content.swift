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

  /// A file that fits into memory. As `read`, but several reads go on at once: the pieces of a small file that grew often lie in many packs.
  package func load(_ content: [ContentID]) async throws -> [UInt8] {
    let places = try content.map { try location(of: BlobHandle($0, .data)) }
    let order = content.indices.sorted { (places[$0].pack, places[$0].blob.offset) < (places[$1].pack, places[$1].blob.offset) }
    let spans = BlobSpan.spans(of: order.map { places[$0] }, longestRead: Self.longestSharedRead)
    let found = try await AtOnce.map(spans, atMost: Self.readsAtOnce) { try await self.fetch($0) }
    var pieces = content.map { _ in [UInt8]() }
    for (position, piece) in zip(order, found.joined()) { pieces[position] = piece }
    var whole: [UInt8] = []
    whole.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
    for piece in pieces { whole += piece }
    return whole
  }

  private static let readsAtOnce = 8

  private func fetch(_ span: BlobSpan?) async throws -> [[UInt8]] {
    guard let span else { return [] }
    let bytes = try await self.bytes(of: span)
    return try span.blobs.map { try open(bytes[span.place(of: $0)], $0, in: span.pack) }
  }

  func bytes(of span: BlobSpan) async throws -> [UInt8] {
    try await repository.store.bytes(of: .pack(span.pack), in: span.range)
  }
}
