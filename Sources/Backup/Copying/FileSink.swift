import Deployments
import Files
import Primitives

/// Where the files of a run go: into a repository, a folder or a stream. Paths are those in the snapshot.
///
/// What cannot be written is never a `FileError`: that is a source that cannot be read.
protocol FileSink {
  associatedtype Staged

  func add(folder metadata: FileMetadata, at path: String) async throws
  func add(symlink target: [UInt8], _ metadata: FileMetadata, at path: String) async throws
  /// Takes a file's bytes. If they changed while they were read, they are staged again.
  func stage(_ source: any RandomAccess, _ metadata: FileMetadata, at path: String) async throws -> Staged
  /// Makes what was staged the file at its path.
  func keep(_ staged: Staged) async throws -> FileRecord
  /// A file the run writes about itself.
  func add(own pieces: [[UInt8]], at path: String) async throws -> FileRecord
}
