import Primitives

/// `/akiba/SHA256SUMS`: what `sha256sum --check` reads, so that a restored folder can be checked with no tool of ours.
package enum Checksums {
  /// Paths are relative to the restored folder's `akiba/`, where the command is run.
  package static func text(of files: [FileRecord]) -> [UInt8] {
    var text: [UInt8] = []
    for file in files {
      let escaped = file.path.utf8.contains { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\n") }
      if escaped { text.append(UInt8(ascii: "\\")) }
      file.sha256.appendHex(to: &text)
      text += "  ../".utf8
      text += (escaped ? escape(file.path) : file.path).utf8
      text.append(UInt8(ascii: "\n"))
    }
    return text
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
