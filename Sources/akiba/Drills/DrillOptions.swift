import ArgumentParser
import Recovery
import SystemPackage

/// What a drill may be told beside which location.
struct DrillOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The snapshot: 'latest', an id, or a time.", valueName: "snapshot"))
  var snapshot = "latest"

  @Flag(help: "No CouchDB is started: the files are proven, what a server makes of them is not.")
  var offline = false

  @Option(
    help: ArgumentHelp(
      "A folder with room for all of it, on no path of production (default: 'scratch' of the configuration, or its state folder).",
      valueName: "dir"))
  var scratch: String?

  @Option(help: ArgumentHelp("A CouchDB program of this host, instead of the deployment's image.", valueName: "file"))
  var couchdb: String?

  @Option(
    help: ArgumentHelp("The recovery key's file: drills use both keys in turn (default: where 'akiba init' wrote it).", valueName: "file"))
  var recoveryKey: String?

  @Option(
    help: ArgumentHelp(
      "Plant a fault in the scratch copy; the drill has to end red: \(Rehearsal.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "kind"))
  var rehearseFailure: Rehearsal?

  @Flag(help: "Leave the scratch copy, with patients' data in it. The next drill removes it.")
  var keep = false

  @Option(help: ArgumentHelp("Read the location no faster, in MB a second.", valueName: "rate"))
  var limit: Int?

  @Option(help: ArgumentHelp("Memory for the CouchDB of a drill, in MB.", valueName: "size"))
  var memory = 1024

  @Option(
    help: ArgumentHelp(
      "Work only in these hours, as in 22:00-05:00. When they end, the drill stops; the same command goes on.", valueName: "hours"))
  var window: String?

  func validate() throws {
    if let window, DrillWindow(window) == nil { throw ValidationError("'\(window)' is no window: hours as in 22:00-05:00") }
    if let limit, !(1...1_000_000).contains(limit) { throw ValidationError("--limit is from 1 to 1000000") }
    if !(64...1_000_000).contains(memory) { throw ValidationError("--memory is from 64 to 1000000") }
    if offline, rehearseFailure?.moment == .beforeServer {
      throw ValidationError("'\(rehearseFailure?.rawValue ?? "")' is for the server proof: leave out --offline")
    }
  }
}

extension Rehearsal: ExpressibleByArgument {}
