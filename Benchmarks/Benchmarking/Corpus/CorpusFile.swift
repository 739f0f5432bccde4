import Glibc

/// A file as a real CouchDB wrote it, whole in memory, and where its copies may differ from it.
///
/// A header starts at a multiple of 4096, marked by a 1. What lies between the last chunk and that block is padding that neither CouchDB
/// nor a proof ever reads: there every copy gets a tag of its own, so that no tool can store two copies as one.
package final class CorpusFile: Sendable {
  private static let blockSize = 4096
  /// The copy's number and the place, each 8 bytes, the most significant first.
  private static let tagSize = 16

  /// Below the data folder.
  package let path: String
  package let bytes: [UInt8]
  /// Where tags end: the starts of blocks.
  private let places: [Int]

  package init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
    places = stride(from: Self.blockSize, to: bytes.count, by: Self.blockSize).filter { place in
      bytes[place] == 1 && bytes[place - Self.tagSize..<place].allSatisfy { $0 == 0 }
    }
  }

  package var byteCount: Int { bytes.count }

  /// Appends a part of a copy's bytes. The same for the same copy and place, so a copy of a file that grew begins with the older copy.
  ///
  /// - Parameter copy: 0 is the file itself, without tags.
  func append(_ range: Range<Int>, ofCopy copy: Int, to output: inout [UInt8]) {
    let start = output.count - range.lowerBound
    output += bytes[range]
    guard copy > 0 else { return }
    for place in places where place - Self.tagSize >= range.lowerBound && place <= range.upperBound {
      for (index, number) in [copy, place].enumerated() {
        for byte in 0..<8 { output[start + place - Self.tagSize + index * 8 + byte] = UInt8(truncatingIfNeeded: number >> (56 - 8 * byte)) }
      }
    }
  }

  func isEqual(to other: CorpusFile) -> Bool { self === other || byteCount == other.byteCount && begins(with: other) }

  func begins(with other: CorpusFile) -> Bool {
    if self === other { return true }
    guard byteCount >= other.byteCount else { return false }
    return bytes.withUnsafeBytes { ours in
      other.bytes.withUnsafeBytes { theirs in
        guard let ours = ours.baseAddress, let their = theirs.baseAddress else { return true }
        return memcmp(ours, their, theirs.count) == 0
      }
    }
  }
}
