package import CouchFormat
package import Deployments
import Files

/// What an export did.
package struct ExportReport: Sendable {
  package let manifest: Manifest
  package let findings: [Finding]
  package let freezeWidth: Duration
  /// Of CouchDB's files.
  package let filesUnchanged: Int
  package let filesGrown: Int
  package let filesNew: Int
  /// Of all files that are captured; the export's own come on top.
  package let filesWritten: Int
  package let filesRemoved: Int
  package let filesOpened: Int
  /// Bytes read from the source, headers looked at included.
  package let bytesRead: Int
  /// Bytes of captured files that were written; of an archive, all of it.
  package let bytesWritten: Int
  /// Bytes that were not copied because the file system shares their blocks with the source.
  package let bytesShared: Int
  package let notes: [String]

  /// Nothing missing, nothing gone back, nothing wrong with the installation.
  package var isComplete: Bool { !findings.contains { $0.severity == .error } }

  init(
    _ assembly: Assembly, _ manifest: Manifest, frozen: FrozenDeployment, meter: ReadMeter, counts: ExportTree.Counts, notes: [String] = []
  ) {
    self.manifest = manifest
    findings = assembly.allFindings
    freezeWidth = frozen.width
    filesUnchanged = assembly.reused
    filesGrown = assembly.grown
    filesNew = assembly.fresh
    filesWritten = counts.filesWritten
    filesRemoved = counts.filesRemoved
    filesOpened = meter.filesOpened
    bytesRead = meter.bytesRead
    bytesWritten = counts.bytesWritten
    bytesShared = counts.bytesShared
    self.notes = notes
  }
}
