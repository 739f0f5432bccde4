import FoundationEssentials
import Glibc

/// Reads the lines back. The order of the sections is part of the format.
struct SectionReader: Sendable {
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
    guard let line = takeLine(), line.starts(with: key) else { throw Self.damaged("facts") }
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
    var items: [Item] = []
    let decoder = decoder
    try eachLine(of: name) { line throws(ManifestError) in
      if let item = quickly(line) { items.append(item) } else { items.append(try Self.decode(line, in: name, decoder)) }
      return true
    }
    return items
  }

  /// Hands over the lines of a section, without their commas.
  ///
  /// - Parameter body: returns whether to go on.
  /// - Returns: `false` if it did not.
  @discardableResult
  mutating func eachLine(of name: String, _ body: (ArraySlice<UInt8>) throws(ManifestError) -> Bool) throws(ManifestError) -> Bool {
    guard let opening = takeLine(), opening.elementsEqual(Array("\"\(name)\":[".utf8)) else { throw Self.damaged(name) }
    while let line = takeLine() {
      if line.first == UInt8(ascii: "]") { return true }
      if try !body(Self.withoutComma(line)) { return false }
    }
    throw Self.damaged(name)
  }

  private static func withoutComma(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    line.last == UInt8(ascii: ",") ? line.dropLast() : line
  }

  /// A line of a section.
  func decode<Item: Decodable>(_ line: ArraySlice<UInt8>, in section: String) throws(ManifestError) -> Item {
    try Self.decode(line, in: section, decoder)
  }

  private static func decode<Item: Decodable>(
    _ line: ArraySlice<UInt8>, in section: String, _ decoder: JSONDecoder
  ) throws(ManifestError) -> Item {
    guard let item = try? decoder.decode(Item.self, from: Data(line)) else { throw Self.damaged(section) }
    return item
  }

  private static func damaged(_ section: String) -> ManifestError { ManifestError(kind: .damaged, detail: "in '\(section)'") }

  private static func version(in line: ArraySlice<UInt8>) -> Int? {
    let key = Array("{\"akiba\":".utf8)
    guard line.starts(with: key), line.last == UInt8(ascii: ",") else { return nil }
    return Int(String(decoding: line.dropFirst(key.count).dropLast(), as: UTF8.self))
  }
}
