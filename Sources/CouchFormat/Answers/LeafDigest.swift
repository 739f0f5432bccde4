import Primitives

/// A set of documents with all their leaf revisions, in constant memory and whatever order they come in.
///
/// The sum of the SHA-256 of each document's line, four words of 64 bits by themselves. Against damage and mistakes, not against an
/// adversary who chooses documents.
package struct LeafDigest: Hashable, Sendable {
  package private(set) var count = 0
  private var words: [UInt64] = [0, 0, 0, 0]

  package init() {}

  /// - Parameters:
  ///   - revisions: of all leaves, in any order.
  ///   - isDeleted: every leaf is a deletion.
  package mutating func add(id: some Sequence<UInt8>, revisions: [String], isDeleted: Bool) {
    count += 1
    let line = Array(id) + [0x09] + Array(revisions.sorted().joined(separator: ",").utf8) + (isDeleted ? [0x09, 0x31] : [0x09, 0x30])
    let digest = ContentID(hashing: line).bytes
    for word in 0..<4 {
      words[word] &+= digest[(word * 8)..<(word * 8 + 8)].reduce(0) { $0 << 8 | UInt64($1) }
    }
  }
}
