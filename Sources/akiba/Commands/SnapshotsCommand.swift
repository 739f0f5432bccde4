import ArgumentParser
import Backup
import Primitives
import Repositories
import ResticFormat

struct SnapshotsCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "snapshots", abstract: "List snapshots, oldest first.",
    discussion:
      "A marked snapshot was taken of a source that lacked something or went back. Look into it before older snapshots are removed; accepting takes the mark off."
  )

  @OptionGroup var repository: ReadingOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Take the mark off a snapshot, after you have looked into its findings.", valueName: "snapshot"))
  var accept: String?

  func validate() throws {
    if accept != nil, repository.kit != nil { throw ValidationError("--accept writes, and a kit is for reading: name the --repository") }
  }

  func perform(_ console: Console) async throws -> ExitStatus {
    if let accept { return try await take(accept, console) }
    let copy = try await Opening.one(repository, console)
    let list = try await copy.snapshots()
    for damage in list.damaged { console.warn(damage.error.summary, hint: damage.error.hints.first) }
    let evidence = list.snapshots.filter { $0.snapshot.tags == [SnapshotTag.drill] }
    let snapshots = list.snapshots.filter { $0.snapshot.tags != [SnapshotTag.drill] }
    if snapshots.isEmpty { console.say("no snapshots in '\(copy.address)' yet; 'akiba backup' takes the first") }
    if !snapshots.isEmpty { console.say("ID        FROZEN                          HOST             DEPLOYMENT") }
    for stored in snapshots {
      console.emit(SnapshotEvent(stored))
      let deployment = stored.snapshot.tags.first { $0.hasPrefix(BackupRun.tag(deployment: "")) }?.dropFirst(
        BackupRun.tag(deployment: "").count)
      console.say(
        "\(stored.id.short)  \(stored.snapshot.time.description.padded(to: 30))  \(stored.snapshot.hostname.padded(to: 15))  "
          + "\(deployment.map(String.init) ?? "not akiba's")\(stored.isSuspect ? "  MARKED" : "")\(stored.isPinned ? "  PINNED" : "")")
    }
    for stored in evidence { console.emit(EvidenceEvent(stored)) }
    if !evidence.isEmpty {
      console.say("and the evidence of \(Wording.count(evidence.count, "drill")), in snapshots tagged '\(SnapshotTag.drill)'")
    }
    return list.damaged.isEmpty ? .success : .partial
  }

  private func take(_ text: String, _ console: Console) async throws -> ExitStatus {
    let copies: [Repository]
    let repository = repository.repository
    if repository.repository != nil {
      copies = [try await Opening.one(repository, console)]
    } else {
      let (opened, failures) = try await Opening.all(repository.configuration.read(), keyFile: repository.keyFile)
      if let failure = failures.first {
        throw LocationError(
          summary: "location '\(failure.location.name)' cannot be reached and would bring the mark back: \(failure.summary)",
          hints: ["make it reachable, then run the same command again"])
      }
      copies = opened
    }
    let stored = try await copies[0].snapshot(matching: text)
    guard SuspectSnapshots.isSuspect(stored) else {
      throw LocationError(summary: "snapshot '\(stored.id.short)' is not marked", hints: ["'akiba snapshots' shows which are"])
    }
    let id = try await SuspectSnapshots.accept(stored, in: copies)
    console.emit(AcceptEvent(snapshot: id.hex, original: stored.id.hex))
    console.say("accepted snapshot \(stored.id.short); it is now \(id.short)")
    return .success
  }
}

private struct SnapshotEvent: Encodable {
  let type = "snapshot"
  let id: String
  let time: String
  let host: String
  let tags: [String]
  let tree: String
  let parent: String?
  let marked: Bool
  let pinned: Bool

  init(_ stored: StoredSnapshot) {
    id = stored.id.hex
    time = stored.snapshot.time.description
    host = stored.snapshot.hostname
    tags = stored.snapshot.tags
    tree = stored.snapshot.tree.hex
    parent = stored.snapshot.parent?.hex
    marked = stored.isSuspect
    pinned = stored.isPinned
  }
}

private struct EvidenceEvent: Encodable {
  let type = "evidence"
  let id: String
  let time: String
  let host: String

  init(_ stored: StoredSnapshot) {
    id = stored.id.hex
    time = stored.snapshot.time.description
    host = stored.snapshot.hostname
  }
}

private struct AcceptEvent: Encodable {
  let type = "accepted"
  let snapshot: String
  let original: String
}
