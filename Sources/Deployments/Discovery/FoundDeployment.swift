package import CouchFormat
package import SystemPackage

/// A deployment that was found: what it is made of, where its parts lie, and what is wrong with it.
package struct FoundDeployment: Sendable {
  package var installation: Installation
  package var nodes: [CouchNodeSource] = []
  package var folders: [CapturedFolder] = []
  package var findings: [Finding] = []
  package var leftOut: [Manifest.LeftOut] = []
  /// What CouchDBs that run now have mounted; empty with an element for data that are in the container itself.
  package var inUse: [DataInUse] = []
  /// How many nodes the cluster has, if that is more than were found.
  package var expectedNodes: Int?
  /// Reads what this process may not.
  package var volumes: (any VolumeReading)?

  /// What it is called in the configuration and in snapshots.
  package private(set) var name: String

  package init(_ installation: Installation) {
    self.installation = installation
    name = installation.project ?? "cht"
  }

  /// A running CouchDB's data.
  package struct DataInUse: Sendable {
    package let container: String
    /// `nil`: in the container itself.
    package let folder: FilePath?
  }

  package mutating func rename(_ name: String) { self.name = name }

  package mutating func add(_ part: Installation.Part) { installation.parts.append(part) }

  package mutating func add(_ place: CapturedFolder.Place, _ source: FilePath, because: String) {
    guard !folders.contains(where: { $0.source == source }) else { return }
    folders.append(CapturedFolder(place: place, source: source))
    add(.init(place.role, source.string, because: because))
  }

  /// The one folder of this place.
  package func folder(_ place: CapturedFolder.Place) -> FilePath? { folders.first { $0.place == place }?.source }

  /// Sources of everything that is captured.
  package var sources: [FilePath] { nodes.flatMap { [$0.dataFolder] + $0.settings } + folders.map(\.source) }

  package mutating func leaveOut(_ path: String, _ reason: String) {
    guard !leftOut.contains(where: { $0.path == path }) else { return }
    leftOut.append(.init(path: path, reason: reason))
  }

  package mutating func warn(_ kind: FindingKind, _ file: String, _ message: String, remedy: String) {
    findings.append(Finding(.warning, kind, file: file, message: message, remedy: remedy))
  }

  package mutating func fail(_ kind: FindingKind, _ file: String, _ message: String, remedy: String) {
    findings.append(Finding(.error, kind, file: file, message: message, remedy: remedy))
  }

  package mutating func didNotLearn(_ what: String) { installation.notLearned.append(what) }

  /// Findings that say: a part is not in the snapshot, and nothing can be brought back whole from it.
  private static let incompleteKinds: Set<FindingKind> = [
    .dataInContainer, .nodeMissing, .volumeMissing, .tlsCertificateMissing, .tlsKeyMissing, .secretMissing, .foldersUnknown,
  ]

  package var survey: Survey {
    var survey = Survey()
    survey.installation = installation
    survey.findings = findings
    survey.leftOut = leftOut
    survey.isIncomplete = findings.contains { $0.severity == .error && Self.incompleteKinds.contains($0.kind) }
    survey.volumes = volumes
    return survey
  }
}

/// What is found wrong with an installation.
extension FindingKind {
  /// `.env` names another data folder than the one CouchDB has mounted.
  package static let mountDiffers = Self(rawValue: "mount-differs")
  /// `.env` was changed after the upgrade service was started.
  package static let environmentNotApplied = Self(rawValue: "env-not-applied")
  package static let environmentLosesText = Self(rawValue: "env-loses-text")
  package static let environmentUnreadable = Self(rawValue: "env-unreadable")
  package static let dataInContainer = Self(rawValue: "data-in-container")
  package static let dataShared = Self(rawValue: "data-shared")
  package static let dataFolderUnusable = Self(rawValue: "data-folder-unusable")
  package static let nodeMissing = Self(rawValue: "node-missing")
  package static let volumeMissing = Self(rawValue: "volume-missing")
  package static let versionsDiffer = Self(rawValue: "versions-differ")
  package static let imageNotPublished = Self(rawValue: "image-not-published")
  package static let containerNotRunning = Self(rawValue: "container-not-running")
  package static let certificateElsewhere = Self(rawValue: "tls-elsewhere")
  package static let certificateNotServed = Self(rawValue: "tls-not-served")
  /// Where the compose files and `.env` lie could not be found out.
  package static let foldersUnknown = Self(rawValue: "folders-unknown")
  /// The engine is on another host: its paths are none of this one's.
  package static let engineRemote = Self(rawValue: "engine-remote")
  package static let composeFileUnreadable = Self(rawValue: "compose-file-unreadable")
  package static let engineUnreachable = Self(rawValue: "engine-unreachable")
  package static let projectNotFound = Self(rawValue: "project-not-found")
}
