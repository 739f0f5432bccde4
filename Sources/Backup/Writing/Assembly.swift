import CouchFormat
import Deployments
import Files
import Primitives
import ResticFormat
import SystemPackage

/// What the parts of a run come together to: records, findings, counts.
struct Assembly {
  let deployment: Deployment
  let frozen: FrozenDeployment
  private(set) var findings: [Finding]
  private var survey = Survey()
  private(set) var reused = 0
  private(set) var grown = 0
  private(set) var fresh = 0
  private var leftOut: [Manifest.LeftOut]
  private var records: [FileRecord] = []
  private var kept: [KeptFiles] = []
  private var databases: [String: Manifest.Database] = [:]

  init(deployment: Deployment, frozen: FrozenDeployment) {
    self.deployment = deployment
    self.frozen = frozen
    findings = frozen.findings
    leftOut = frozen.leftOut
  }

  mutating func add(_ copied: CopyResult) {
    records += copied.records
    if let files = copied.kept { kept.append(files) }
    findings += copied.findings
    leftOut += copied.leftOut
    reused += copied.reused
    grown += copied.grown
    fresh += copied.fresh
    databases.merge(copied.databases) { sum, next in
      var sum = sum
      sum.add(next)
      return sum
    }
  }

  mutating func add(_ plain: PlainFiles<some FileSink>) {
    records += plain.records
    findings += plain.findings
    leftOut += plain.leftOut
  }

  mutating func add(_ survey: Survey) {
    self.survey = survey
    leftOut += survey.leftOut
  }

  /// Those of the survey come last: they are about the installation, not about its data.
  var allFindings: [Finding] { findings + survey.findings }

  func manifest(started: Timestamp, ended: Timestamp, host: String, version: String) -> Manifest {
    var manifest = Manifest(
      facts: Manifest.Facts(
        deployment: deployment.name, akibaVersion: version, host: host, started: started.description,
        frozen: frozen.frozenAt.description, ended: ended.description,
        freezeWidthMilliseconds: (frozen.width / .microseconds(100)).rounded() / 10,
        indexes: deployment.indexes.rawValue, trusted: !survey.isIncomplete && !findings.contains { $0.severity == .error }),
      installation: survey.installation, sources: deployment.sources(nodes: frozen.nodes.map(\.name), survey.installation),
      nodes: frozen.nodes.map { Manifest.Node(name: $0.name, source: $0.source.dataFolder.string, state: $0.state) },
      databases: databases.values.sorted { $0.name < $1.name },
      findings: allFindings.map {
        Manifest.Note(severity: $0.severity.rawValue, kind: $0.kind.rawValue, file: $0.file, message: $0.message, remedy: $0.remedy)
      },
      leftOut: leftOut.sorted { $0.path < $1.path }, files: records.sorted { $0.path < $1.path })
    manifest.kept = kept
    return manifest
  }
}
