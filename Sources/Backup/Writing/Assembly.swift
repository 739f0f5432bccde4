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
  private var databases: [String: Manifest.Database] = [:]

  init(deployment: Deployment, frozen: FrozenDeployment) {
    self.deployment = deployment
    self.frozen = frozen
    findings = frozen.findings
    leftOut = frozen.leftOut
  }

  mutating func add(_ copied: CopyResult, of node: FrozenNode) {
    records += copied.records.values
    findings += copied.findings
    leftOut += copied.leftOut
    reused += copied.reused
    grown += copied.grown
    fresh += copied.fresh
    count(node, copied)
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

  private mutating func count(_ node: FrozenNode, _ copied: CopyResult) {
    for entry in node.databases {
      for range in entry.byNode[node.name] ?? [] {
        guard let facts = copied.records[entry.shardPath(range).path]?.couch else { continue }
        var sum = databases[entry.database] ?? .init(name: entry.database, q: entry.ranges.count, n: entry.copies)
        sum.shards += 1
        sum.documents += facts.documents ?? 0
        sum.deleted += facts.deleted ?? 0
        sum.updateSeq += facts.updateSeq
        databases[entry.database] = sum
      }
    }
  }

  func manifest(started: Timestamp, ended: Timestamp, host: String, version: String) -> Manifest {
    Manifest(
      facts: Manifest.Facts(
        deployment: deployment.name, akibaVersion: version, host: host, started: started.description,
        frozen: frozen.frozenAt.description, ended: ended.description,
        freezeWidthMilliseconds: (frozen.width / .microseconds(100)).rounded() / 10,
        indexes: deployment.indexes.rawValue, trusted: !survey.isIncomplete && !findings.contains { $0.severity == .error }),
      installation: survey.installation, sources: deployment.sources(nodes: frozen.nodes.map(\.name), survey.installation),
      nodes: frozen.nodes.map { Manifest.Node(name: $0.name, source: $0.source.dataFolder.string) },
      databases: databases.values.sorted { $0.name < $1.name },
      findings: allFindings.map {
        Manifest.Note(severity: $0.severity.rawValue, kind: $0.kind.rawValue, file: $0.file, message: $0.message, remedy: $0.remedy)
      },
      leftOut: leftOut.sorted { $0.path < $1.path }, files: records.sorted { $0.path < $1.path })
  }
}
