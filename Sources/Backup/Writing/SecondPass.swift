import Deployments
import Files
import Primitives
import SystemPackage

/// The second pass of a run: the frozen files and what is captured beside them go into a sink.
struct SecondPass {
  let deployment: Deployment
  let survey: Survey
  let frozen: FrozenDeployment
  /// A folder with evidence of drills, if there is one.
  var evidence: FilePath?
  let meter: ReadMeter
  let progress: BackupProgress

  /// - Parameter copying: puts one node's frozen files and folders where the sink puts the rest.
  func run<Sink: FileSink>(into sink: Sink, copying: (FrozenNode) async throws -> CopyResult) async throws -> Assembly {
    var assembly = Assembly(deployment: deployment, frozen: frozen)
    for node in frozen.nodes { assembly.add(try await copying(node)) }
    let sources = captured
    let claims = SourceClaims(sources + frozen.nodes.map { ($0.dataFolder, SnapshotLayout.dataFolder(node: $0.name)) })
    var plain = PlainFiles(sink: sink, meter: meter, claims: claims, volumes: survey.volumes)
    for (source, place) in sources { try await plain.store(source, at: place) }
    assembly.add(plain)
    assembly.add(survey)
    progress.update { $0.phase = .finishing }
    return assembly
  }

  private var presentEvidence: FilePath? {
    evidence.flatMap { folder in (try? FileMetadata.ifPresent(folder)) ?? nil != nil ? folder : nil }
  }

  /// What is stored byte for byte, and where.
  private var captured: [(source: FilePath, place: String)] {
    let settings = frozen.nodes.flatMap { node in
      [(node.source.localINI, SnapshotLayout.localINI(node: node.name)), (node.source.localD, SnapshotLayout.localD(node: node.name))]
    }
    return settings.compactMap { source, place in source.map { ($0, place) } } + deployment.folders.map { ($0.source, $0.snapshotPath) }
      + (presentEvidence.map { [($0, SnapshotLayout.drills)] } ?? [])
  }
}
