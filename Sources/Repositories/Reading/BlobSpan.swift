import Primitives
import ResticFormat

/// Blobs of one pack, ascending, and the bytes that cover them: what one read fetches.
struct BlobSpan: Sendable {
  /// Bytes fetched by one read at most, but for a single larger blob.
  private static let longestRead = 16 << 20
  /// Bytes between two wanted blobs worth reading rather than asking twice.
  private static let widestGap = 64 << 10

  let pack: ContentID
  private(set) var blobs: [PackedBlob]
  private(set) var range: Range<Int>

  /// - Parameters:
  ///   - places: in the order to read them in; neighbours come together.
  ///   - longestRead: bytes.
  static func spans(of places: [RepositoryIndex.Location], longestRead: Int = longestRead) -> [BlobSpan] {
    var spans: [BlobSpan] = []
    for place in places {
      let range = place.blob.offset..<place.blob.offset + place.blob.length
      if let last = spans.last, last.pack == place.pack, range.lowerBound >= last.range.upperBound,
        range.lowerBound - last.range.upperBound <= widestGap, range.upperBound - last.range.lowerBound <= longestRead
      {
        spans[spans.count - 1].blobs.append(place.blob)
        spans[spans.count - 1].range = last.range.lowerBound..<range.upperBound
      } else {
        spans.append(BlobSpan(pack: place.pack, blobs: [place.blob], range: range))
      }
    }
    return spans
  }

  /// Where a blob lies in the bytes fetched.
  func place(of blob: PackedBlob) -> Range<Int> {
    let start = blob.offset - range.lowerBound
    return start..<start + blob.length
  }
}
