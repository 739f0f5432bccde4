import CouchFormat
import Deployments
import Files
import Primitives
package import SystemPackage

/// A restored data folder that is to be served under another node name, or at an earlier moment than its consumers know.
///
/// No CouchDB may run on it: it would not see what is written here, and would write beside it. Each change is made in one step of the
/// file system, so that a process may end at any moment; the same call again completes it.
package struct MovedDataFolder: Sendable {
  let folder: FilePath

  /// - Parameter folder: CouchDB's data folder itself, with `_dbs.couch` and `shards`.
  package init(_ folder: FilePath) throws {
    try DataFolderError.check(folder)
    self.folder = folder
  }

  /// What must be known of a file to change it.
  struct Opened {
    let path: FilePath
    let source: HeldFile
    let header: FoundHeader
  }

  /// - Throws: `damagedSnapshot` for a file that CouchDB would take for a new, empty database.
  func open(_ name: String) throws -> Opened {
    let path = folder.appending(name)
    let source = try HeldFile(opening: path)
    let header = try naming(name) { try HeaderSearch.newest(in: source) }
    guard let header else {
      throw RecoveryError(
        .damagedSnapshot, "'\(name)' in '\(folder)' has no valid header in its \(source.byteCount) bytes",
        hints: ["restore it from the snapshot again, or from an earlier one; do not start CouchDB before"])
    }
    return Opened(path: path, source: source, header: header)
  }

  /// Errors of the format say where in a file, not in which.
  func naming<Value>(_ file: String, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let error as CouchFormatError where error.kind != .cancelled {
      throw RecoveryError(.damagedSnapshot, "'\(file)' in '\(folder)': \(error.summary)", hints: error.hints)
    }
  }
}
