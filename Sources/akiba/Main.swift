import ArgumentParser
import Backup
import Files
import Glibc
import Primitives
import Repositories

/// The entry: parses, runs the command in a task that ^C cancels, and turns errors into messages and exit codes.
@main
enum Main {
  static func main() async {
    Allocator.keepLargeBuffers()
    DescriptorLimit.makeRoom()
    signal(SIGPIPE, SIG_IGN)
    let arguments = Array(CommandLine.arguments.dropFirst())
    let command: any ParsableCommand
    do {
      command = try Akiba.parseAsRoot(arguments)
    } catch {
      Akiba.exit(withError: error)
    }
    exit(await run(command).rawValue)
  }

  private static func run(_ command: any ParsableCommand) async -> ExitStatus {
    guard let job = command as? any Job else {
      do {
        var command = command
        try command.run()
        return .success
      } catch {
        Akiba.exit(withError: error)
      }
    }
    let console = Console(json: job.output.json, quiet: job.output.quiet, keepsOutputFree: job.keepsOutputFree)
    let task = Task { await perform(job, console) }
    let interrupts = Interrupts {
      console.note("stopping cleanly; press ^C again to stop at once")
      task.cancel()
    }
    let status = await task.value
    interrupts.stop()
    console.clearStatus()
    return status
  }

  private static func perform(_ job: any Job, _ console: Console) async -> ExitStatus {
    do {
      return try await job.perform(console)
    } catch {
      return report(error, console)
    }
  }

  private static func report(_ error: any Error, _ console: Console) -> ExitStatus {
    if error is CancellationError {
      console.fail(Interrupted(), status: .interrupted)
      return .interrupted
    }
    let status = status(of: error)
    console.fail(error as? any Explainable ?? Unexpected(error: error), status: status)
    return status
  }

  private static func status(of error: any Error) -> ExitStatus {
    if let error = error as? ExportError, error.kind == .inUse { return .locked }
    guard let error = error as? RepositoryError else { return .failure }
    switch error.kind {
    case .noRepository: return .noRepository
    case .locked: return .locked
    case .wrongPassword: return .wrongKey
    default: return .failure
    }
  }
}

private struct Interrupted: Explainable {
  let summary = "interrupted"
  let hints = ["nothing is half written; run the same command again"]
}

/// An error of a library that has no words of its own.
private struct Unexpected: Explainable {
  let error: any Error
  var summary: String { "\(error)" }
  let hints: [String] = []
}
