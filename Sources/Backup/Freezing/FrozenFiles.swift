import Synchronization

/// The frozen files of a node, until the second pass takes them: each is gone from memory, and CouchDB's file is held open no longer, once it
/// is copied. One that compaction replaced takes its disk space until then.
final class FrozenFiles: Sendable {
  private let files: Mutex<[String: FrozenFile]>

  /// - Parameter files: by path below the data folder.
  init(_ files: [String: FrozenFile]) { self.files = Mutex(files) }

  var count: Int { files.withLock { $0.count } }

  /// Paths below the data folder.
  var paths: [String] { files.withLock { Array($0.keys) } }

  func contains(_ path: String) -> Bool { files.withLock { $0[path] != nil } }

  /// In no order.
  var all: [FrozenFile] { files.withLock { Array($0.values) } }

  /// Hands all of them over, sorted by path, the last first: taken from the end of the array, they come in order.
  func take() -> [FrozenFile] {
    files.withLock { files in
      defer { files = [:] }
      return files.values.sorted { $0.path > $1.path }
    }
  }
}
