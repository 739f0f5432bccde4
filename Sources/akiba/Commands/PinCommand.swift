import ArgumentParser
import Primitives
import Repositories

struct PinCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "pin", abstract: "Keep a snapshot whatever the policy says, or no longer.",
    discussion: "The snapshot gets or loses a tag at every location that holds it, and with it a new id, as with stock 'restic tag'.")

  @Argument(help: "The snapshot: 'latest', the first digits of its id, or a moment.")
  var snapshot: String

  @Flag(help: "Take the pin off.")
  var remove = false

  @Option(help: ArgumentHelp("Wait so long for another program's lock on a repository.", valueName: "seconds"))
  var wait = 0

  @OptionGroup var repository: RepositoryOptions
  @OptionGroup var output: OutputOptions

  func perform(_ console: Console) async throws -> ExitStatus {
    var copies: [Repository] = []
    var unreached = false
    if repository.repository != nil || repository.location != nil {
      copies = [try await Opening.one(repository, console)]
    } else {
      let (opened, failures) = try await Opening.all(repository.configuration.read(), keyFile: repository.keyFile)
      for failure in failures { console.warn("location '\(failure.location.name)' is left out: \(failure.summary)", hint: failure.hint) }
      copies = opened
      unreached = !failures.isEmpty
    }
    let stored = try await find(in: copies)
    guard stored.isPinned == remove else {
      throw LocationError(
        summary: "snapshot '\(stored.id.short)' is \(remove ? "not" : "already") pinned", hints: ["'akiba snapshots' shows which are"])
    }
    let isRemoved = remove
    let result = try await Retagging.change(stored, in: copies, waiting: .seconds(wait), note: { console.note($0) }) { tags in
      if isRemoved { tags.removeAll { $0 == SnapshotTag.pinned } } else { tags.append(SnapshotTag.pinned) }
    }
    for failure in result.failures { console.warn("not at '\(failure.address)': \(failure.summary)", hint: failure.hint) }
    for kept in result.keepingOld {
      console.note("'\(kept.address)' keeps the snapshot as it was, too: \(kept.summary)")
    }
    console.emit(PinEvent(type: remove ? "unpinned" : "pinned", snapshot: result.id.hex, original: stored.id.hex))
    console.say("\(remove ? "unpinned" : "pinned") snapshot \(stored.id.short); it is now \(result.id.short)")
    return unreached || !result.failures.isEmpty ? .partial : .success
  }

  /// At the first location that holds it.
  private func find(in copies: [Repository]) async throws -> StoredSnapshot {
    var missing: (any Error)?
    for copy in copies {
      do {
        return try await copy.snapshot(matching: snapshot, preferring: SnapshotTag.own)
      } catch let error as RepositoryError where error.kind == .notFound {
        missing = missing ?? error
      }
    }
    throw missing ?? LocationError(summary: "no location is left to look at", hints: [])
  }
}

private struct PinEvent: Encodable {
  let type: String
  let snapshot: String
  let original: String
}
