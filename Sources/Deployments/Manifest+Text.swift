import FoundationEssentials
import Glibc
import Primitives

/// The manifest as text: one JSON object, written with one item a line.
///
/// Lines let it be read with `grep`, parsed piece by piece, and stored so that the lines that did not change are not stored again:
/// `pieces` cuts where the *path* says so, not where the bytes happen to fall.
extension Manifest {
  /// One file line in this many, on average, ends a piece.
  private static let linesPerPiece: UInt64 = 64

  /// The text in pieces, each to be stored as one.
  package func pieces() async throws -> [[UInt8]] {
    let middle = files.count / 2
    async let end = Self.pieces(of: files[middle...], isLast: true)
    let beginning = try Self.pieces(of: files[..<middle], isLast: false)
    var pieces = [try head()] + beginning
    // The piece that goes across the middle.
    pieces[pieces.count - 1] += try await end[0]
    return try await pieces + end.dropFirst()
  }

  private func head() throws -> [UInt8] {
    let encoder = Self.encoder
    func line(_ value: some Encodable) throws -> [UInt8] { try [UInt8](encoder.encode(value)) }
    func section(_ name: String, _ lines: [[UInt8]]) -> [UInt8] {
      Array("\"\(name)\":[\n".utf8) + lines.joined(separator: Array(",\n".utf8)) + Array((lines.isEmpty ? "],\n" : "\n],\n").utf8)
    }

    var head = Array("{\"akiba\":\(Self.format),\n\"facts\":".utf8)
    head += try line(facts) + Array(",\n".utf8)
    if let installation { head += Array("\"installation\":".utf8) + (try line(installation)) + Array(",\n".utf8) }
    if !sources.isEmpty { head += section("sources", try sources.map(line)) }
    head += section("nodes", try nodes.map(line))
    head += section(
      "databases",
      try databases.map { database in
        var text: [UInt8] = []
        return DatabaseLine.append(database, to: &text) ? text : try line(database)
      })
    head += section("findings", try findings.map(line)) + section("left_out", try leftOut.map(line))
    return head + Array("\"files\":[\n".utf8)
  }

  private static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  /// - Returns: at least one; the last is not ended by the path of its last file.
  private static func pieces(of files: ArraySlice<FileRecord>, isLast: Bool) throws -> [[UInt8]] {
    let encoder = encoder
    var pieces: [[UInt8]] = []
    var piece: [UInt8] = []
    for (index, file) in zip(files.indices, files) {
      if !FileLine.append(file, to: &piece) { piece += try encoder.encode(file) }
      if !isLast || index + 1 < files.endIndex { piece.append(UInt8(ascii: ",")) }
      piece.append(UInt8(ascii: "\n"))
      if endsPiece(file.path) {
        pieces.append(piece)
        piece = []
      }
    }
    return pieces + [isLast ? piece + Array("]}\n".utf8) : piece]
  }

  /// FNV-1a of the path: any hash that stays the same from run to run will do.
  private static func endsPiece(_ path: String) -> Bool {
    path.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 } % linesPerPiece == 0
  }

  package init(text: [UInt8]) throws(ManifestError) {
    var reader = SectionReader(text)
    self.init(facts: try reader.facts())
    installation = try reader.installation()
    sources = try reader.sectionIfPresent("sources")
    nodes = try reader.section("nodes")
    databases = try reader.section("databases", reading: DatabaseLine.database)
    findings = try reader.section("findings")
    leftOut = try reader.section("left_out")
    files = try reader.section("files", reading: FileLine.record)
  }
}

/// Reads the lines back. The order of the sections is part of the format.
private struct SectionReader {
  private let text: [UInt8]
  private var position = 0
  private let decoder = JSONDecoder()

  init(_ text: [UInt8]) { self.text = text }

  /// The next line that is not empty, without its end.
  private var nextLine: ArraySlice<UInt8>? {
    let start = text[position...].firstIndex { $0 != UInt8(ascii: "\n") } ?? text.count
    guard start < text.count else { return nil }
    let length = text.withUnsafeBytes { bytes in
      bytes.baseAddress.flatMap { base in
        memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start).map { UnsafeRawPointer($0) - (base + start) }
      }
    }
    return text[start..<start + (length ?? text.count - start)]
  }

  private mutating func takeLine() -> ArraySlice<UInt8>? {
    guard let line = nextLine else { return nil }
    position = line.endIndex
    return line
  }

  mutating func facts() throws(ManifestError) -> Manifest.Facts {
    guard let opening = takeLine(), let version = Self.version(in: opening) else {
      throw ManifestError(kind: .notAManifest, detail: "it does not begin with {\"akiba\":…")
    }
    guard version <= Manifest.format else { throw ManifestError(kind: .newerFormat, detail: "format \(version)") }
    let key = Array("\"facts\":".utf8)
    guard let line = takeLine(), line.starts(with: key) else { throw damaged("facts") }
    return try decode(Self.withoutComma(line.dropFirst(key.count)), in: "facts")
  }

  mutating func installation() throws(ManifestError) -> Installation? {
    let key = Array("\"installation\":".utf8)
    guard let line = nextLine, line.starts(with: key) else { return nil }
    position = line.endIndex
    return try decode(Self.withoutComma(line.dropFirst(key.count)), in: "installation")
  }

  /// Snapshots of older versions lack it.
  mutating func sectionIfPresent<Item: Decodable>(_ name: String) throws(ManifestError) -> [Item] {
    guard let opening = nextLine, opening.elementsEqual(Array("\"\(name)\":[".utf8)) else { return [] }
    return try section(name)
  }

  /// - Parameter quickly: reads the usual shape of a line, and returns `nil` for any other.
  mutating func section<Item: Decodable>(
    _ name: String, reading quickly: (ArraySlice<UInt8>) -> Item? = { _ in nil }
  ) throws(ManifestError) -> [Item] {
    guard let opening = takeLine(), opening.elementsEqual(Array("\"\(name)\":[".utf8)) else { throw damaged(name) }
    var items: [Item] = []
    while let line = takeLine() {
      if line.first == UInt8(ascii: "]") { return items }
      let text = Self.withoutComma(line)
      if let item = quickly(text) { items.append(item) } else { items.append(try decode(text, in: name)) }
    }
    throw damaged(name)
  }

  private static func withoutComma(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    line.last == UInt8(ascii: ",") ? line.dropLast() : line
  }

  private func decode<Item: Decodable>(_ line: ArraySlice<UInt8>, in section: String) throws(ManifestError) -> Item {
    guard let item = try? decoder.decode(Item.self, from: Data(line)) else { throw damaged(section) }
    return item
  }

  private func damaged(_ section: String) -> ManifestError { ManifestError(kind: .damaged, detail: "in '\(section)'") }

  private static func version(in line: ArraySlice<UInt8>) -> Int? {
    let key = Array("{\"akiba\":".utf8)
    guard line.starts(with: key), line.last == UInt8(ascii: ",") else { return nil }
    return Int(String(decoding: line.dropFirst(key.count).dropLast(), as: UTF8.self))
  }
}

/// A manifest cannot be read.
package struct ManifestError: Explainable {
  package enum Kind: Sendable { case notAManifest, newerFormat, damaged }

  package let kind: Kind
  let detail: String

  package var summary: String {
    switch kind {
    case .notAManifest: "'\(SnapshotLayout.manifest)' is not a manifest: \(detail)"
    case .newerFormat: "'\(SnapshotLayout.manifest)' was written by a newer akiba (\(detail); this one reads up to \(Manifest.format))"
    case .damaged: "'\(SnapshotLayout.manifest)' is damaged \(detail)"
    }
  }

  package var hints: [String] {
    switch kind {
    case .notAManifest: ["point the command at a folder that 'akiba restore' or 'restic restore' filled, or at a snapshot made by akiba"]
    case .newerFormat: ["install the newest akiba on this host"]
    case .damaged: ["run 'akiba check --read-data'; another location or an older snapshot may have it whole"]
    }
  }
}
