package import CouchFormat
package import Deployments
import FoundationEssentials

/// What a drill did and found: evidence, kept for years. JSON; `docs/drills.md` says what each field means.
package struct DrillRecord: Codable, Sendable, Equatable {
  package static let format = 1

  package enum Result: String, Codable, Sendable {
    case passed, failed
    /// A fault had been planted: it was found, or it was not.
    case rehearsed, unnoticed
  }

  package struct Location: Codable, Sendable, Equatable {
    package let name: String
    package let address: String
    package let medium: String?
    package let site: String?
    package let isOffSite: Bool

    package init(name: String, address: String, medium: String?, site: String?, isOffSite: Bool) {
      self.name = name
      self.address = address
      self.medium = medium
      self.site = site
      self.isOffSite = isOffSite
    }

    enum CodingKeys: String, CodingKey {
      case name, address, medium, site
      case isOffSite = "off_site"
    }
  }

  package struct Key: Codable, Sendable, Equatable {
    package enum Role: String, Codable, Sendable { case working, recovery }

    package let role: Role
    /// Of the key object in the repository.
    package let id: String

    package init(role: Role, id: String) {
      self.role = role
      self.id = id
    }
  }

  package struct Snapshot: Codable, Sendable, Equatable {
    package let id: String
    /// What it shows, ISO 8601.
    package let frozen: String
    /// Seconds between that moment and the drill: what would have been lost.
    package let age: Int
    package let files: Int
    package let bytes: Int

    package init(id: String, frozen: String, age: Int, files: Int, bytes: Int) {
      self.id = id
      self.frozen = frozen
      self.age = age
      self.files = files
      self.bytes = bytes
    }
  }

  package struct Phase: Codable, Sendable, Equatable {
    package enum Name: String, Codable, CaseIterable, Sendable {
      case open, restore
      case offlineProof = "offline-proof"
      case reading = "read-expectations"
      case serverStart = "server-start"
      case serverProof = "server-proof"
    }

    package let name: Name
    package let seconds: Double
    package var bytes: Int?

    package init(_ name: Name, seconds: Double, bytes: Int? = nil) {
      self.name = name
      self.seconds = seconds
      self.bytes = bytes
    }
  }

  package struct OfflineProof: Codable, Sendable, Equatable {
    package let passed: Bool
    package let databases: Int
    package let files: Int
    package let bytes: Int
    package let documents: Int
    package let deleted: Int
    package let revisions: Int
    package let attachments: Int
    package let indexRows: Int
    /// Beside the data: what was looked at.
    package let settings: [String]

    package init(_ report: ProofReport, _ settings: SettingsProof.Report) {
      passed = report.isClean && !settings.findings.contains { $0.severity == .error }
      databases = report.databases.count
      files = report.files
      bytes = report.bytes
      documents = report.counts.documents
      deleted = report.counts.deleted
      revisions = report.counts.leaves
      attachments = report.counts.attachments
      indexRows = report.counts.rows
      self.settings = settings.looked
    }

    enum CodingKeys: String, CodingKey {
      case passed, databases, files, bytes, documents, deleted, revisions, attachments, settings
      case indexRows = "index_rows"
    }
  }

  package struct ServerProof: Codable, Sendable, Equatable {
    /// `nil`: not run, and `reason` says why.
    package var passed: Bool?
    package var reason: String?
    /// `image …` or `executable …`.
    package var server: String?
    /// Of the CouchDB that ran.
    package var version: String?
    package var databases = 0
    package var documents = 0
    /// Documents compared whole.
    package var sampled = 0
    package var attachments = 0
    package var views = 0
    /// Of them, those whose rows could be counted in the files, too.
    package var viewsCounted = 0

    package init() {}

    package static func notRun(_ reason: String) -> ServerProof {
      var proof = ServerProof()
      proof.reason = reason
      return proof
    }

    enum CodingKeys: String, CodingKey {
      case passed, reason, server, version, databases, documents, sampled, attachments, views
      case viewsCounted = "views_counted"
    }
  }

  package struct RehearsalRecord: Codable, Sendable, Equatable {
    package let kind: Rehearsal
    package let time: String
    /// Whether the drill ended red with the right finding.
    package let noticed: Bool

    package init(kind: Rehearsal, time: String, noticed: Bool) {
      self.kind = kind
      self.time = time
      self.noticed = noticed
    }
  }

  package private(set) var version = format
  package let deployment: String
  package let host: String
  package let akiba: String
  package let location: Location
  /// ISO 8601, UTC.
  package let started: String
  package var ended = ""
  package var result = Result.failed
  package var key: Key?
  package var snapshot: Snapshot?
  package var phases: [Phase] = []
  /// Interrupted and gone on with: the time of the restore is the sum of its parts.
  package var isResumed = false
  package var offlineProof: OfflineProof?
  package var serverProof: ServerProof?
  package var findings: [Manifest.Note] = []
  /// With those that are not listed.
  package var findingCount = 0
  /// The fault that was planted in this drill.
  package var rehearsal: Rehearsal?
  package var lastRehearsal: RehearsalRecord?
  /// Of the programs that wrote what was restored.
  package var versions: [String: String] = [:]

  package init(deployment: String, host: String, akiba: String, location: Location, started: String) {
    self.deployment = deployment
    self.host = host
    self.akiba = akiba
    self.location = location
    self.started = started
  }

  /// Seconds until the data were there and, if a server ran, served: what a person would have waited.
  package var recoveryTime: Double {
    phases.filter { [.open, .restore, .serverStart].contains($0.name) }.reduce(0) { $0 + $1.seconds }
  }

  private static let mostFindings = 200

  package mutating func add(_ found: [Finding]) {
    findingCount += found.count
    let sorted = found.filter { $0.severity == .error } + found.filter { $0.severity == .warning }
    findings += sorted.prefix(max(0, Self.mostFindings - findings.count)).map {
      Manifest.Note(severity: $0.severity.rawValue, kind: $0.kind.rawValue, file: $0.file, message: $0.message, remedy: $0.remedy)
    }
  }

  package func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try [UInt8](encoder.encode(self)) + [0x0a]
  }

  enum CodingKeys: String, CodingKey {
    case version, deployment, host, akiba, location, started, ended, result, key, snapshot, phases, findings, rehearsal, versions
    case isResumed = "resumed"
    case offlineProof = "offline_proof"
    case serverProof = "server_proof"
    case findingCount = "finding_count"
    case lastRehearsal = "last_rehearsal"
  }
}
