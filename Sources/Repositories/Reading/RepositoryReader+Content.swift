package import Primitives
import ResticFormat
import Stores

extension RepositoryReader {
  /// Bytes fetched by one read at most, but for a single larger blob.
  private static let longestRead = 16 << 20
  /// Bytes between two wanted blobs worth reading rather than asking twice.
  private static let widestGap = 64 << 10

  /// Hands over a file's blobs in order, with few large reads: neighbours in one pack come together, and the next read runs
  /// while `body` works.
  ///
  /// - Parameters:
  ///   - content: data blobs, as a node lists them.
  ///   - body: gets the position in `content` and the plaintext.
  package func read(_ content: [ContentID], _ body: (_ position: Int, _ plaintext: [UInt8]) async throws -> Void) async throws {
    let spans = try plan(content)
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

  /// Places in one pack, ascending, and the bytes that cover them.
  private struct Span: Sendable {
    var places: [RepositoryIndex.Location]
    var range: Range<Int>
  }

  private func plan(_ content: [ContentID]) throws -> [Span] {
    var spans: [Span] = []
    for id in content {
      let place = try location(of: BlobHandle(id, .data))
      let range = place.blob.offset..<place.blob.offset + place.blob.length
      if let last = spans.last, last.places[0].pack == place.pack, range.lowerBound >= last.range.upperBound,
        range.lowerBound - last.range.upperBound <= Self.widestGap, range.upperBound - last.range.lowerBound <= Self.longestRead
      {
        spans[spans.count - 1].places.append(place)
        spans[spans.count - 1].range = last.range.lowerBound..<range.upperBound
      } else {
        spans.append(Span(places: [place], range: range))
      }
    }
    return spans
  }

  private func fetch(_ span: Span?) async throws -> [[UInt8]] {
    guard let span else { return [] }
    let bytes = try await repository.store.bytes(of: .pack(span.places[0].pack), in: span.range)
    return try span.places.map { place in
      let start = place.blob.offset - span.range.lowerBound
      return try open(bytes[start..<start + place.blob.length], place)
    }
  }
}
