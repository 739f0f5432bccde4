package import CouchFormat
package import Deployments

/// What an offline proof looked at and found.
package struct ProofReport: Sendable {
  package internal(set) var findings: [Finding] = []
  /// With those beyond what is kept of a single file.
  package internal(set) var findingCount = 0
  package internal(set) var files = 0
  package internal(set) var bytes = 0
  package internal(set) var counts = FileProof.Counts()
  package internal(set) var nodes: [String] = []
  /// Live databases, by name, as their shards add up.
  package internal(set) var databases: [Manifest.Database] = []

  package var errors: Int { findings.count { $0.severity == .error } }
  package var warnings: Int { findings.count { $0.severity == .warning } }
  /// Something was looked at, and nothing of it is wrong. Warnings are not errors.
  package var isClean: Bool { errors == 0 && files > 0 }
}
