/// A manifest as it is stored, of which only the head has been decoded.
///
/// The lines of its files are many; where nobody touched anything since, they are taken over as they are.
package struct ManifestText: Sendable {
  /// All but the files.
  package let head: Manifest
  /// At the section of the files.
  private let files: SectionReader

  package init(_ text: [UInt8]) throws(ManifestError) {
    var reader = SectionReader(text)
    var head = Manifest(facts: try reader.facts())
    head.installation = try reader.installation()
    head.sources = try reader.sectionIfPresent("sources")
    head.nodes = try reader.section("nodes")
    head.databases = try reader.section("databases", reading: DatabaseLine.database)
    head.findings = try reader.section("findings")
    head.leftOut = try reader.section("left_out")
    self.head = head
    files = reader
  }

  package func decoded() throws(ManifestError) -> Manifest {
    var manifest = head
    var reader = files
    manifest.files = try reader.section("files", reading: FileLine.record)
    return manifest
  }

  /// The files of a folder, not decoded.
  ///
  /// - Returns: `nil` if the line of one is of another shape than this version writes.
  package func files(below folder: String) throws(ManifestError) -> KeptFiles? {
    let prefix = Array((folder + "/").utf8)
    var kept = KeptFiles()
    var reader = files
    let isUsual = try reader.eachLine(of: "files") { line throws(ManifestError) in
      let isUsual = line.withUnsafeBufferPointer { bytes in
        guard let end = FileLineEnd(bytes) else { return false }
        if end.path.starts(with: prefix) { kept.append(bytes, end) }
        return true
      }
      if isUsual { return true }
      let other: FileRecord = try files.decode(line, in: "files")
      return !other.path.utf8.starts(with: prefix)
    }
    return isUsual ? kept : nil
  }
}

extension Manifest {
  package init(text: [UInt8]) throws(ManifestError) { self = try ManifestText(text).decoded() }
}
