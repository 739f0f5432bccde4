import ArgumentParser
import SystemPackage

/// A command that does work: runs in a task that can be cancelled, speaks through a console, ends with an exit status.
protocol Job: ParsableCommand, Sendable {
  var output: OutputOptions { get }
  /// Whether standard output carries something else than results; these go to standard error then.
  var keepsOutputFree: Bool { get }
  func perform(_ console: Console) async throws -> ExitStatus
}

extension Job {
  var keepsOutputFree: Bool { false }
}

struct OutputOptions: ParsableArguments {
  @Flag(help: "One JSON object a line on standard output; see docs/json.md.")
  var json = false

  @Flag(name: .shortAndLong, help: "Say nothing but problems.")
  var quiet = false
}

struct ConfigurationOptions: ParsableArguments {
  @Option(
    name: [.long, .customShort("c")],
    help: ArgumentHelp("The configuration (default: $AKIBA_CONFIG or \(Configuration.defaultPath)).", valueName: "file"))
  var config: String?

  var path: FilePath { config.map { FilePath($0) } ?? Environment.configuration ?? Configuration.defaultPath }

  func read() throws -> Configuration { try Configuration.read(from: path) }
}

/// Which copy of the repository a command works on.
struct RepositoryOptions: ParsableArguments {
  @OptionGroup var configuration: ConfigurationOptions

  @Option(
    name: [.long, .customShort("l")], help: ArgumentHelp("The location to use, by its name in the configuration.", valueName: "name"))
  var location: String?

  @Option(help: ArgumentHelp("A repository's folder, without a configuration.", valueName: "folder"))
  var repository: String?

  @Option(help: ArgumentHelp("The key file, instead of the configuration's.", valueName: "file"))
  var keyFile: String?

  func validate() throws {
    if repository != nil, location != nil { throw ValidationError("--repository and --location exclude each other") }
  }
}
