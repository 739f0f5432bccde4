import Files
import Primitives
package import SystemPackage

/// Whether a restored folder is what was backed up: a benchmark of wrong results is worth nothing.
package enum FolderComparison {
  private static let pieceSize = 1 << 20

  /// - Returns: the first difference in names, sizes or SHA-256; `nil` if there is none.
  package static func difference(between original: FilePath, and copy: FilePath) throws -> String? {
    let originals = try FileTree.files(below: original)
    let copies = try FileTree.files(below: copy)
    for (path, size) in originals.sorted(by: { $0.key < $1.key }) {
      guard let other = copies[path] else { return "'\(path)' is missing" }
      guard size == other else { return "'\(path)' has \(other) bytes, not \(size)" }
      guard try digest(original.pushing(FilePath(path))) == digest(copy.pushing(FilePath(path))) else { return "'\(path)' has other bytes" }
    }
    return copies.keys.filter { originals[$0] == nil }.min().map { "'\($0)' is too much" }
  }

  /// Reads everything below a folder once, so that it lies in the page cache.
  package static func warm(_ folder: FilePath) throws {
    for path in try FileTree.files(below: folder).keys { try visit(folder.pushing(FilePath(path))) { _ in } }
  }

  private static func digest(_ path: FilePath) throws -> ContentID {
    var digest = RunningSHA256()
    try visit(path) { digest.update($0) }
    return digest.digest
  }

  private static func visit(_ path: FilePath, _ body: (UnsafeRawBufferPointer) -> Void) throws {
    let file = try HeldFile(opening: path)
    try withUnsafeTemporaryAllocation(byteCount: pieceSize, alignment: 16) { buffer in
      var offset = 0
      while case let count = try file.read(at: offset, into: buffer), count > 0 {
        body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        offset += count
      }
    }
  }
}
