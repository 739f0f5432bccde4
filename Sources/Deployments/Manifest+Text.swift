import FoundationEssentials
import Primitives

/// The manifest as text: one JSON object, written with one item a line.
///
/// Lines let it be read with `grep`, parsed piece by piece, and stored so that the lines that did not change are not stored again.
extension Manifest {
  /// The text in pieces, each to be stored as one.
  package func pieces() async throws -> [[UInt8]] {
    async let files = fileLines()
    let beginning = try beginning()
    let databases = try databaseLines()
    let middle = try middle()
    return try await [beginning] + databases.all + [middle] + files.all
  }

  /// Up to the first database.
  private func beginning() throws -> [UInt8] {
    var text = Array("{\"akiba\":\(Self.format),\n\"facts\":".utf8)
    text += try Self.encoder.encode(facts) + Array(",\n".utf8)
    if let installation { text += Array("\"installation\":".utf8) + (try Self.encoder.encode(installation)) + Array(",\n".utf8) }
    if !sources.isEmpty { text += try Self.section("sources", sources) }
    return text + (try Self.section("nodes", nodes)) + Array("\"databases\":[\n".utf8)
  }

  private func databaseLines() throws -> LinePieces {
    let encoder = Self.encoder
    var lines = LinePieces()
    for database in databases {
      try lines.addLine(of: database.name.utf8) { text in
        if !DatabaseLine.append(database, to: &text) { text += try encoder.encode(database) }
        text += Self.lineEnd
      }
    }
    lines.endSection("],\n")
    return lines
  }

  /// Between the last database and the first file.
  private func middle() throws -> [UInt8] {
    try Self.section("findings", findings) + Self.section("left_out", leftOut) + Array("\"files\":[\n".utf8)
  }

  private static func section(_ name: String, _ items: [some Encodable]) throws -> [UInt8] {
    let encoder = encoder
    let lines = try items.map { try [UInt8](encoder.encode($0)) }
    return Array("\"\(name)\":[\n".utf8) + lines.joined(separator: lineEnd) + Array((lines.isEmpty ? "],\n" : "\n],\n").utf8)
  }

  private func fileLines() async throws -> LinePieces {
    var lines = LinePieces()
    for part in try await AtOnce.map(parts, atMost: 2, { try $0.lines() }) { lines.append(part) }
    lines.endSection("]}\n")
    return lines
  }

  static let lineEnd = Array(",\n".utf8)

  static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}
