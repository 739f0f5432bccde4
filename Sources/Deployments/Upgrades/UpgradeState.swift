package import CouchFormat
package import Files
package import SystemPackage

/// Whether CHT is being upgraded, out of CouchDB's files alone.
package struct UpgradeState: Hashable, Sendable {
  /// Of the newest upgrade: `indexing`, `finalized` and others; `nil` if there never was one.
  package let state: String?
  /// `install`, `stage` or `upgrade`.
  package let action: String?
  package let fromVersion: String?
  package let toVersion: String?
  package let started: FileTime?
  package let updated: FileTime?
  /// `medic/_design/:staged:medic-client` and others: design documents of a version that does not run yet.
  package let stagedDesignDocuments: [String]
  /// The newest upgrade came to no end.
  package let inProgress: Bool

  private static let stagedPrefix = "_design/:staged:"

  /// - Parameters:
  ///   - logs: The JSON of documents of `medic-logs` whose ids begin with `upgrade_log:`, in any order.
  ///   - stagedDesignDocuments: database, slash, id.
  package init(logs: [[UInt8]], stagedDesignDocuments: [String]) {
    let newest = logs.compactMap { UpgradeLog(json: $0) }.max { ($0.started, $0.id) < ($1.started, $1.id) }
    state = newest?.state
    action = newest?.action
    fromVersion = newest?.fromVersion
    toVersion = newest?.toVersion
    started = newest.map { Self.time(milliseconds: $0.started) }
    updated = newest?.updated.map(Self.time)
    inProgress = newest.map { !$0.isFinal } ?? false
    self.stagedDesignDocuments = stagedDesignDocuments
  }

  /// Works on the data folders of a running server as well as of a stopped one.
  ///
  /// - Parameters:
  ///   - dataFolders: One a node.
  ///   - name: CHT's main database.
  /// - Returns: `nil` if there is no CHT: the shard map does not name its databases.
  package static func read(dataFolders: [FilePath], name: String = "medic") throws -> UpgradeState? {
    let databases = try LiveDatabases(dataFolders)
    guard try databases.contains(name) else { return nil }
    var staged: [String] = []
    // Those that CHT has design documents for. Source: medic/cht-core `api/src/services/setup/databases.js`.
    for database in [name, "\(name)-sentinel", "\(name)-logs", "\(name)-users-meta", "_users"] {
      for shard in try databases.shards(of: database) ?? [] {
        staged += try shard.documents(prefix: stagedPrefix, shard.lookupChunks()).map { "\(database)/\($0.id)" }
      }
    }
    return UpgradeState(
      logs: try databases.documents(of: "\(name)-logs", prefix: UpgradeLog.prefix), stagedDesignDocuments: staged.sorted())
  }

  package static func read(dataFolder: FilePath) throws -> UpgradeState? { try read(dataFolders: [dataFolder]) }

  private static func time(milliseconds: Int) -> FileTime {
    FileTime(seconds: milliseconds / 1000, nanoseconds: milliseconds % 1000 * 1_000_000)
  }
}

extension FindingKind {
  package static let upgradeInProgress = Self(rawValue: "upgrade-in-progress")
}

extension UpgradeState {
  /// One warning at most.
  package var findings: [Finding] {
    guard inProgress || !stagedDesignDocuments.isEmpty else { return [] }
    return [
      Finding(
        .warning, .upgradeInProgress, message: message,
        remedy: "finish or abort the upgrade on CHT's upgrade page first: indexes of a staged version are worthless in a backup "
          + "and can take five times the disk")
    ]
  }

  private var message: String {
    guard inProgress, let state else {
      return "\(stagedDesignDocuments.count) design documents of a version that does not run are left staged"
        + " (\(stagedDesignDocuments[0])\(stagedDesignDocuments.count > 1 ? ", …" : ""))"
    }
    let versions = [fromVersion.map { "from \($0)" }, toVersion.map { "to \($0)" }].compactMap(\.self).joined(separator: " ")
    let since = (updated ?? started).map { " since \(UTCText.of($0))" } ?? ""
    return "an upgrade of CHT\(versions.isEmpty ? "" : " ")\(Printable.text(Array(versions.utf8))) is not finished:"
      + " it is '\(Printable.text(Array(state.utf8)))'\(since)"
  }
}
