import CouchFormat
import Deployments
import FoundationEssentials
import Primitives
import Recovery
import Remotes

/// The server proof: a CouchDB on the restored data answers what its files say.
struct ServerProof {
  /// CouchDB answers some seconds after it was started; with many databases, later.
  private static let patienceForStart = 180

  let expected: ServedData
  let couchDB: CouchDBAnswers

  private(set) var record = DrillRecord.ServerProof()
  private(set) var findings: [Finding] = []

  init(_ expected: ServedData, couchDB: CouchDBAnswers) {
    self.expected = expected
    self.couchDB = couchDB
  }

  private mutating func add(
    _ kind: FindingKind, _ severity: Finding.Severity = .error, database: String, document: String? = nil, _ message: String
  ) {
    findings.append(
      Finding(
        severity, kind, file: "CouchDB", database: database.isEmpty ? nil : database, document: document, message: message,
        remedy: severity == .error
          ? "the files are proven, what CouchDB makes of them is not: keep the scratch copy (--keep) and look at it with that CouchDB"
          : "is it so on the live server, too? then it is no matter of the backup"))
  }

  // MARK: Starting

  /// Waits until it answers.
  ///
  /// - Returns: its version; `nil` if it ended, or did not answer in time.
  func waitUntilUp(while isRunning: () async throws -> Bool) async throws -> String? {
    struct Welcome: Decodable { let version: String }
    for _ in 0..<(Self.patienceForStart * 4) {
      do {
        if let welcome: Welcome = try await couchDB.json([]) { return welcome.version }
      } catch is CouchDBAnswers.Failure {}
      guard try await isRunning() else { return nil }
      try await Task.sleep(for: .milliseconds(250))
    }
    return nil
  }

  // MARK: Comparing

  mutating func run(_ progress: (String) -> Void) async throws {
    do { try await compareNames() } catch { try note(error, "its databases", database: "") }
    for database in expected.databases {
      try Task.checkCancellation()
      progress(database.name)
      do { try await compare(database) } catch { try note(error, "'\(database.name)'", database: database.name) }
      record.databases += 1
    }
    record.passed = !findings.contains { $0.severity == .error }
  }

  /// - Throws: if it was the drill that stopped.
  private mutating func note(_ error: any Error, _ subject: String, database: String) throws {
    if error is CancellationError || Task.isCancelled { throw CancellationError() }
    add(.serverCounts, database: database, "CouchDB does not answer about \(subject): \(Self.reason(error))")
  }

  private static func reason(_ error: any Error) -> String {
    switch error as? CouchDBAnswers.Failure {
    case .silent(let reason)?: reason
    case .wrongPassword?: "the password of the drill is refused"
    case .status(let status)?: "status \(status)"
    case nil: "its answer cannot be read"
    }
  }

  private mutating func compareNames() async throws {
    let served: [String] = try await couchDB.json(["_all_dbs"]) ?? []
    let names = Set(expected.databases.map(\.name))
    for missing in names.subtracting(served).sorted() { add(.serverDatabases, database: missing, "CouchDB does not list '\(missing)'") }
    for other in Set(served).subtracting(names).sorted() {
      add(.serverDatabases, database: other, "CouchDB lists '\(other)', which the shard map does not have")
    }
  }

  private mutating func compare(_ database: ServedDatabase) async throws {
    guard let counts = try await couchDB.counts(of: database.name) else {
      return add(.serverDatabases, database: database.name, "CouchDB does not have '\(database.name)'")
    }
    if database.hasExactCounts, counts.documents != database.docCount || counts.deleted != database.deletedCount {
      add(
        .serverCounts, database: database.name,
        "'\(database.name)' has \(counts.documents) documents and \(counts.deleted) deleted ones; the files have \(database.docCount) and "
          + "\(database.deletedCount)")
    }
    record.documents += counts.documents + counts.deleted
    try await compareLeaves(database)
    for document in database.documents { try await compare(document, in: database.name) }
    for view in database.views { try await query(view, of: database) }
  }

  private mutating func compareLeaves(_ database: ServedDatabase) async throws {
    let feed = try await couchDB.stream([database.name, "_changes"], query: "style=all_docs", into: ChangesFeed(database: database.name)) {
      try $0.read($1)
    }
    guard feed.digest != database.leaves else { return }
    add(
      .serverLeaves, database: database.name,
      "the revisions that CouchDB lists of '\(database.name)' (\(feed.digest.count) documents) are not those in its files "
        + "(\(database.leaves.count) documents)")
  }

  // MARK: Documents

  private mutating func compare(_ document: ServedDatabase.Document, in database: String) async throws {
    let path = [database] + Self.path(of: document.id)
    let response = try await couchDB.get(path, query: "rev=\(PercentEncoding.encode(document.rev))&revs=true")
    record.sampled += 1
    guard response.status == 200 else {
      return add(
        .serverDocument, database: database, document: document.id, "CouchDB does not give '\(document.id)': status \(response.status)")
    }
    guard Self.isSame(response.body, document.json) else {
      return add(.serverDocument, database: database, document: document.id, "'\(document.id)' reads otherwise than in its file")
    }
    for attachment in document.attachments { try await compare(attachment, of: document, at: path, in: database) }
  }

  private mutating func compare(
    _ attachment: ServedDatabase.Attachment, of document: ServedDatabase.Document, at path: [String], in database: String
  ) async throws {
    record.attachments += 1
    let name = "attachment '\(attachment.name)' of '\(document.id)'"
    do {
      let sum = try await couchDB.stream(
        path + [attachment.name], query: "rev=\(PercentEncoding.encode(document.rev))", into: RunningSHA256()
      ) { sum, bytes in bytes.withUnsafeBytes { sum.update($0) } }
      guard sum.byteCount != attachment.length || sum.digest != attachment.sha256 else { return }
      add(
        .serverAttachment, database: database, document: document.id,
        "\(name) has \(sum.byteCount) bytes that are not the \(attachment.length) in its file")
    } catch let failure as CouchDBAnswers.Failure {
      add(.serverAttachment, database: database, document: document.id, "CouchDB does not give \(name): \(Self.reason(failure))")
    }
  }

  /// `_design/x` is two elements, and the slash between them stays.
  private static func path(of id: String) -> [String] {
    for prefix in ["_design/", "_local/"] where id.hasPrefix(prefix) {
      return [String(prefix.dropLast()), String(id.dropFirst(prefix.count))]
    }
    return [id]
  }

  /// Byte for byte; where CouchDB writes numbers otherwise, by value.
  private static func isSame(_ answer: [UInt8], _ stored: [UInt8]) -> Bool {
    let answer = answer.last == 0x0a ? Array(answer.dropLast()) : answer
    if answer == stored { return true }
    let decoder = JSONDecoder()
    guard let one = try? decoder.decode(JSONValue.self, from: Data(answer)),
      let other = try? decoder.decode(JSONValue.self, from: Data(stored))
    else { return false }
    return one == other
  }

  // MARK: Views

  private struct Rows: Decodable {
    let total_rows: Int?
  }

  private mutating func query(_ view: ServedDatabase.View, of database: ServedDatabase) async throws {
    let name = "\(view.design)/\(view.name)"
    let path = [database.name, "_design", view.design, "_view", view.name]
    record.views += 1
    let response: HTTPResponse
    do { response = try await couchDB.get(path, query: "reduce=false&limit=1") } catch let failure as CouchDBAnswers.Failure {
      // One that has to be made first may take longer than anybody waits.
      return add(
        .serverView, view.rows == nil ? .warning : .error, database: database.name,
        "view '\(name)' is not answered: \(Self.reason(failure))")
    }
    guard response.status == 200, let rows = try? JSONDecoder().decode(Rows.self, from: Data(response.body)) else {
      // A view of a partitioned database is asked for one partition.
      if database.isPartitioned, response.status == 400 { return }
      return add(.serverView, .warning, database: database.name, "view '\(name)' is answered with status \(response.status)")
    }
    guard let expected = view.rows, let served = rows.total_rows else { return }
    record.viewsCounted += 1
    if served != expected {
      add(.serverView, database: database.name, "view '\(name)' has \(served) rows; its files have \(expected)")
    }
  }
}

/// `_changes` as it comes: a row a line.
private struct ChangesFeed: Sendable {
  private struct Row: Decodable {
    struct Change: Decodable { let rev: String }

    let id: String
    let changes: [Change]
    let deleted: Bool?
  }

  let database: String
  private(set) var digest = LeafDigest()
  private var rest: [UInt8] = []

  init(database: String) { self.database = database }

  mutating func read(_ bytes: RawSpan) throws {
    bytes.withUnsafeBytes { rest += $0 }
    var start = rest.startIndex
    while let end = rest[start...].firstIndex(of: 0x0a) {
      try readLine(rest[start..<end])
      start = end + 1
    }
    rest.removeSubrange(..<start)
  }

  private mutating func readLine(_ line: ArraySlice<UInt8>) throws {
    // A row ends with a comma, and with a carriage return or not.
    guard let end = line.lastIndex(where: { $0 != UInt8(ascii: ",") && $0 != 0x0d }) else { return }
    let line = line[...end]
    guard line.starts(with: "{\"seq\"".utf8), line.last == UInt8(ascii: "}") else { return }
    let row = try JSONDecoder().decode(Row.self, from: Data(line))
    guard !ServedDatabase.isServersOwn(row.id, in: database) else { return }
    digest.add(id: row.id.utf8, revisions: row.changes.map(\.rev), isDeleted: row.deleted ?? false)
  }
}

/// Any JSON, compared by value: numbers as doubles.
private enum JSONValue: Decodable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let array = try? value.decode([JSONValue].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSONValue].self))
    }
  }
}
