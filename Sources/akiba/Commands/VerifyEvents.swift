import CouchFormat
import Deployments
import Primitives
import Recovery

struct DatabaseEvent: Encodable {
  let type = "database"
  let name: String
  let shards: Int
  let documents: Int
  let deleted: Int
  let updateSeq: Int

  init(_ database: Manifest.Database) {
    name = database.name
    shards = database.shards
    documents = database.documents
    deleted = database.deleted
    updateSeq = database.updateSeq
  }

  enum CodingKeys: String, CodingKey {
    case type, name, shards, documents, deleted
    case updateSeq = "update_seq"
  }
}

/// What CouchDB would answer. `docs/couch-files.md` says of which lines each hash is.
struct AnswersEvent: Encodable {
  struct View: Encodable {
    let rows: Int
    let rowsSHA256: String
    let complete: Bool

    enum CodingKeys: String, CodingKey {
      case rows, complete
      case rowsSHA256 = "rows_sha256"
    }
  }

  let type = "answers"
  let database: String
  let docCount: Int
  let docDelCount: Int
  let updateSeq: Int
  let allDocsRows: Int
  let allDocsSHA256: String
  let leafRows: Int
  let leafsSHA256: String
  let conflictDocs: Int
  let localDocs: Int
  let localSHA256: String
  let localDocsWithPurges: Int
  let localWithPurgesSHA256: String
  let securitySHA256: String
  let bodies: Int
  let bodiesSHA256: String
  let attachments: Int
  let attachmentsSHA256: String
  let views: [String: View]

  init(_ database: String, _ answers: DatabaseAnswers) {
    self.database = database
    docCount = answers.docCount
    docDelCount = answers.deletedCount
    updateSeq = answers.updateSeq
    allDocsRows = answers.allDocs.count
    allDocsSHA256 = answers.allDocs.sha256.hex
    leafRows = answers.leaves.count
    leafsSHA256 = answers.leaves.sha256.hex
    conflictDocs = answers.conflicts
    localDocs = answers.locals.count
    localSHA256 = answers.locals.sha256.hex
    localDocsWithPurges = answers.localsWithPurges.count
    localWithPurgesSHA256 = answers.localsWithPurges.sha256.hex
    securitySHA256 = answers.security.hex
    bodies = answers.bodies.count
    bodiesSHA256 = answers.bodies.sha256.hex
    attachments = answers.attachments.count
    attachmentsSHA256 = answers.attachments.sha256.hex
    views = answers.views.mapValues { View(rows: $0.rows.count, rowsSHA256: $0.rows.sha256.hex, complete: $0.isComplete) }
  }

  enum CodingKeys: String, CodingKey {
    case type, database, bodies, attachments, views
    case docCount = "doc_count"
    case docDelCount = "doc_del_count"
    case updateSeq = "update_seq"
    case allDocsRows = "all_docs_rows"
    case allDocsSHA256 = "all_docs_sha256"
    case leafRows = "leaf_rows"
    case leafsSHA256 = "leafs_sha256"
    case conflictDocs = "conflict_docs"
    case localDocs = "local_docs"
    case localSHA256 = "local_sha256"
    case localDocsWithPurges = "local_docs_with_purges"
    case localWithPurgesSHA256 = "local_with_purges_sha256"
    case securitySHA256 = "security_sha256"
    case bodiesSHA256 = "bodies_sha256"
    case attachmentsSHA256 = "attachments_sha256"
  }
}

struct ProofEvent: Encodable {
  let type = "proof"
  let subject: String
  let snapshot: String?
  let proven: Bool
  let errors: Int
  let warnings: Int
  let findings: Int
  let nodes: [String]
  let databases: Int
  let files: Int
  let bytes: Int
  let documents: Int
  let deleted: Int
  let leaves: Int
  let bodies: Int
  let attachments: Int
  let attachmentBytes: Int
  let localDocuments: Int
  let rows: Int
  let seconds: Double

  init(_ subject: ProofSubject, _ report: ProofReport, snapshot: String?, seconds: Double) {
    self.subject = subject.kind.rawValue
    self.snapshot = snapshot
    proven = report.isClean
    errors = report.errors
    warnings = report.warnings
    findings = report.findingCount
    nodes = report.nodes
    databases = report.databases.count
    files = report.files
    bytes = report.bytes
    documents = report.counts.documents
    deleted = report.counts.deleted
    leaves = report.counts.leaves
    bodies = report.counts.bodies
    attachments = report.counts.attachments
    attachmentBytes = report.counts.attachmentBytes
    localDocuments = report.counts.localDocuments
    rows = report.counts.rows
    self.seconds = seconds
  }

  enum CodingKeys: String, CodingKey {
    case type, subject, snapshot, proven, errors, warnings, findings, nodes, databases, files, bytes, documents, deleted, leaves, bodies
    case attachments, rows, seconds
    case attachmentBytes = "attachment_bytes"
    case localDocuments = "local_documents"
  }
}
