import Deployments
import CouchFormat

/// What every run does between the two passes.
extension FrozenDeployment {
  /// CouchDB replaces a missing shard by an empty one without an error: a run that let it pass would hide the loss.
  ///
  /// - Parameter command: the one that takes `--allow-missing`.
  func refuseMissingShards(command: String) throws {
    let missing = findings.filter { self.missing.contains($0.file) }
    guard let first = missing.first else { return }
    let others = missing.count > 1 ? " (and \(missing.count - 1) more)" : ""
    throw BackupError(
      .damagedSource, "\(first.message)\(others)",
      hints: [
        first.remedy, "'\(command) --allow-missing' takes what is there and marks \(command == "akiba backup" ? "the snapshot" : "it")",
      ])
  }

  /// - Returns: how many bytes are to be read.
  func announce(to progress: BackupProgress) -> Int {
    var bytes = 0
    var files = 0
    for file in nodes.flatMap(\.files.all) {
      if case .unchanged = file.source { continue }
      files += 1
      bytes += file.end - (file.remembered?.record.size ?? 0)
    }
    progress.update { state in
      state.phase = .copying
      state.filesToCopy = nodes.reduce(0) { $0 + $1.files.count }
      state.bytesToRead = bytes
    }
    return bytes
  }
}
