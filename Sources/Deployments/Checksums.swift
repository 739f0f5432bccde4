import Primitives

/// `/akiba/SHA256SUMS`: what `sha256sum --check` reads, so that a restored folder can be checked with no tool of ours.
package enum Checksums {
  /// Paths are relative to the restored folder's `akiba/`, where the command is run.
  package static func text(of files: [FileRecord]) -> [UInt8] { lines(of: files[...]).all.flatMap { $0 } }

  /// - Returns: those of a manifest's files, in pieces, each to be stored as one.
  package static func pieces(of manifest: Manifest) -> [[UInt8]] {
    var lines = LinePieces()
    for part in manifest.parts { lines.append(part.checksums) }
    return lines.all
  }

  static func lines(of files: ArraySlice<FileRecord>) -> LinePieces {
    var lines = LinePieces()
    for file in files { lines.addLine(of: file.path.utf8) { append(file, to: &$0) } }
    return lines
  }

  private static func append(_ file: FileRecord, to text: inout [UInt8]) {
    let escaped = file.path.utf8.contains { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\n") }
    if escaped { text.append(UInt8(ascii: "\\")) }
    file.sha256.appendHex(to: &text)
    append(path: (escaped ? escape(file.path) : file.path).utf8, to: &text)
  }

  /// - Parameters:
  ///   - digits: hexadecimal.
  ///   - path: one that needs no escape.
  static func append(_ digits: UnsafeBufferPointer<UInt8>, _ path: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
    text.append(contentsOf: digits)
    append(path: path, to: &text)
  }

  private static func append(path: some Sequence<UInt8>, to text: inout [UInt8]) {
    text += "  ../".utf8
    text += path
    text.append(UInt8(ascii: "\n"))
  }

  /// As sha256sum writes odd names: a leading backslash on the line, `\\` and `\n` in the name.
  private static func escape(_ path: String) -> String {
    path.reduce(into: "") { text, character in
      switch character {
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      default: text.append(character)
      }
    }
  }
}
