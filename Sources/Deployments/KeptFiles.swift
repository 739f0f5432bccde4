import Primitives

/// Files of an earlier snapshot's folder that are in the next one as they are. What the manifest and the checksums say of them is kept as
/// text.
package struct KeptFiles: Equatable, Sendable {
  package private(set) var totals = Manifest.Totals()
  private(set) var lines = LinePieces()
  /// Their lines of `SHA256SUMS`.
  private(set) var checksums = LinePieces()
  /// Where they belong among the others.
  private(set) var firstPath = ""

  mutating func append(_ line: UnsafeBufferPointer<UInt8>, _ end: FileLineEnd) {
    if totals.files == 0 { firstPath = String(decoding: end.path, as: UTF8.self) }
    totals.add(size: end.size, isView: Self.isView(line, end.path))
    lines.addLine(of: end.path) { text in
      text.append(contentsOf: line)
      text += Manifest.lineEnd
    }
    checksums.addLine(of: end.path) { Checksums.append(end.sha256, end.path, to: &$0) }
  }

  private static let viewSuffix = Array(".view".utf8)

  private static func isView(_ line: UnsafeBufferPointer<UInt8>, _ path: UnsafeBufferPointer<UInt8>) -> Bool {
    path.suffix(viewSuffix.count).elementsEqual(viewSuffix) && FileLine.record(line)?.couch?.kind == .view
  }
}
