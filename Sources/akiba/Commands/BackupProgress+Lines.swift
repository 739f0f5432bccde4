import Backup

extension BackupProgress.State {
  /// How far a backup or an export has come.
  ///
  /// - Parameter name: of the location with an address.
  func lines(
    after time: Duration, opening: String, finishing: String, names name: (_ address: String) -> String = { $0 }
  ) -> [String] {
    switch phase {
    case .opening: [opening]
    case .listing: ["listing files …"]
    case .freezing: ["freezing: \(filesFrozen) files"]
    case .copying:
      ["copying: \(StatusReporter.amount(bytesDone, of: bytesToRead, after: time))", "         \(filesDone) of \(filesToCopy) files"]
    case .finishing: [finishing]
    case .completing: outstanding().sorted { $0.key < $1.key }.map { "completing '\(name($0))': \(Wording.bytes($1)) left" }
    }
  }
}
