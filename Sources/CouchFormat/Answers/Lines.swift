package import Primitives

/// Text lines, hashed in the order of their bytes: the same from whatever shards they came.
package struct Lines: Sendable {
  private var lines: [[UInt8]] = []

  package var count: Int { lines.count }

  mutating func append(_ line: [UInt8]) { lines.append(line) }

  mutating func append(_ fields: [some Sequence<UInt8>]) { lines.append(Array(fields.joined(separator: [UInt8(ascii: "\t")]))) }

  /// SHA-256 over all lines, each ended by a newline.
  package var sha256: ContentID {
    var hash = RunningSHA256()
    for line in lines.sorted(by: { TermOrder.compareBytes($0[...], $1[...]) < 0 }) {
      hash.update(line)
      hash.update([UInt8(ascii: "\n")])
    }
    return hash.digest
  }
}
