package import CouchFormat
package import Deployments
import Primitives

/// What is proven: a live data folder, a restored folder, or a snapshot where it lies. The same proof for all.
package struct ProofSubject: Sendable {
  package enum Kind: String, Sendable {
    case dataFolder = "data-folder"
    case restoredFolder = "restored-folder"
    case snapshot
  }

  /// One file that can be opened; opening may have to fetch it.
  package struct File: Sendable {
    /// In findings.
    let path: String
    let open: @Sendable () async throws -> any RandomAccess
  }

  package struct Node: Sendable {
    /// `nil`: found out from the shard map.
    let name: String?
    /// What precedes a path below the data folder in findings.
    let prefix: String
    /// CouchDB's files by path below the data folder.
    var files: [String: File]
  }

  package let kind: Kind
  package internal(set) var nodes: [Node]
  /// Files that are not CouchDB's, by path in the snapshot.
  package internal(set) var plain: [String: File] = [:]
  package internal(set) var manifest: Manifest?
  /// A selection was restored, so not everything the manifest names is to be expected.
  package internal(set) var expected: Set<String>?
  /// Found while looking for files: leftovers, foreign files.
  package internal(set) var findings: [Finding] = []
  /// Looks for a file that appeared since the subject was listed: only a live data folder has such.
  package internal(set) var findLate: @Sendable (_ node: Int, _ path: String) -> File? = { _, _ in nil }
}
