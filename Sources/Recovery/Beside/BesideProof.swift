import CouchFormat
import Deployments
import Files
import Primitives
import SystemPackage

/// The proof of a database's files before they get their names: each by itself, against the manifest, the snapshot's map and each other.
struct BesideProof {
  let plan: BesidePlan
  /// Where each file is now.
  let places: [String: FilePath]
  let width: Int
  let progress: ProofProgress

  func run() async throws -> ProofReport {
    let subject = self.subject
    var report = try await OfflineProof(of: subject, width: width, progress: progress).run()
    // The map names all databases, and the manifest all files: what is said of others is not about what lies here.
    report.findings.removeAll { finding in
      finding.database.map { $0 != plan.database } ?? !(subject.expected?.contains(finding.file) ?? false)
    }
    return report
  }

  private var subject: ProofSubject {
    let prefix = SnapshotLayout.dataFolder(node: plan.node) + "/"
    let map = plan.map
    var files = ["_dbs.couch": ProofSubject.File(path: prefix + "_dbs.couch", open: { map })]
    for file in plan.files {
      guard let place = places[file.path] else { continue }
      files[file.stored] = ProofSubject.File(path: prefix + file.stored, open: { try HeldFile(opening: place) })
    }
    var subject = ProofSubject(kind: .restoredFolder, nodes: [.init(name: plan.node, prefix: prefix, files: files)])
    subject.manifest = plan.manifest
    subject.expected = Set(files.keys.map { prefix + $0 })
    return subject
  }
}
