import ArgumentParser
import Benchmarking
import Glibc
import Primitives

/// The entry: errors as akiba words them, and ^C.
@main
enum Main {
  static func main() async {
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try Bench.parseAsRoot()
      try await run(&command)
    } catch {
      Bench.exit(withError: error)
    }
  }

  private static func run(_ command: inout any ParsableCommand) async throws {
    do {
      if var waiting = command as? any AsyncParsableCommand { try await waiting.run() } else { try command.run() }
    } catch let error as any Explainable {
      Progress.say("error: \(error)")
      exit(EXIT_FAILURE)
    }
  }
}
