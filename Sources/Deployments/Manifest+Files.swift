import FoundationEssentials
import Primitives

extension Manifest {
  package struct Totals: Equatable, Sendable {
    package private(set) var files = 0
    /// The greatest number, if a manifest claims more.
    package private(set) var bytes = 0
    /// Files of indexes.
    package private(set) var views = 0

    mutating func add(size: Int, isView: Bool) { add(files: 1, bytes: size, views: isView ? 1 : 0) }

    mutating func add(_ other: Totals) { add(files: other.files, bytes: other.bytes, views: other.views) }

    private mutating func add(files: Int, bytes: Int, views: Int) {
      self.files += files
      self.views += views
      let (sum, isTooMuch) = self.bytes.addingReportingOverflow(bytes)
      self.bytes = isTooMuch ? .max : sum
    }
  }

  /// Of all its files.
  package var totals: Totals {
    var totals = Totals()
    for file in files { totals.add(size: file.size, isView: file.couch?.kind == .view) }
    for kept in kept { totals.add(kept.totals) }
    return totals
  }

  /// Its files in the order of their paths, in parts that can be written at the same time.
  var parts: [Part] {
    var parts: [Part] = []
    var rest = files[...]
    func take(_ count: Int) {
      if count > 0 { parts.append(.records(rest.prefix(count))) }
      rest = rest.dropFirst(count)
    }
    for kept in kept.sorted(by: { $0.firstPath < $1.firstPath }) {
      take(rest.prefix { $0.path < kept.firstPath }.count)
      parts.append(.kept(kept))
    }
    take(rest.count / 2)
    take(rest.count)
    return parts
  }

  enum Part: Sendable {
    case records(ArraySlice<FileRecord>)
    case kept(KeptFiles)

    func lines() throws -> LinePieces {
      switch self {
      case .records(let files): try Manifest.lines(of: files)
      case .kept(let kept): kept.lines
      }
    }

    var checksums: LinePieces {
      switch self {
      case .records(let files): Checksums.lines(of: files)
      case .kept(let kept): kept.checksums
      }
    }
  }

  private static func lines(of files: ArraySlice<FileRecord>) throws -> LinePieces {
    let encoder = encoder
    var lines = LinePieces()
    for file in files {
      try lines.addLine(of: file.path.utf8) { text in
        if !FileLine.append(file, to: &text) { text += try encoder.encode(file) }
        text += lineEnd
      }
    }
    return lines
  }
}
