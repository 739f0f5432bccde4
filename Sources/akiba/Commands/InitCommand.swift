import ArgumentParser
import Deployments
import Files
import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage

struct InitCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Find the deployment, write a configuration, create the repository at each location, and make two keys.",
    discussion: """
      What is backed up is found on this host, as 'akiba discover' shows it; options correct it, and every guess is shown with its reason. \
      With --data alone nothing is looked for.

      With a configuration that exists already, only what is missing is created. A location that was added to it is created when it is \
      named with --create: one that is merely not mounted must not become an empty copy on the disk below.

      Example: akiba init --to usb=/mnt/usb/cht
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @OptionGroup var sources: InitSources

  @Option(
    help: ArgumentHelp(
      "A location: a folder, or an address as 'sftp:user@host:/folder', 's3:https://host/bucket/prefix', 'rest:https://host:8000/folder/', with a name before it and settings behind it if you like: cloud=s3:…,credentials=/root/s3,off-site=yes. May be repeated.",
      valueName: "name=place"))
  var to: [String] = []

  @Option(help: ArgumentHelp("Where the working key is kept (default: working.key beside the configuration).", valueName: "file"))
  var keyFile: String?

  @Option(help: ArgumentHelp("Where the recovery key is written (default: recovery.key beside the configuration).", valueName: "file"))
  var recoveryKeyFile: String?

  @Option(help: ArgumentHelp("Create this location of an existing configuration; may be repeated.", valueName: "name"))
  var create: [String] = []

  func perform(_ console: Console) async throws -> ExitStatus {
    let new = try await newConfiguration(console)
    let configuration = try new?.configuration ?? configurationOptions.read()
    // Everything that can be refused is refused before anything is written: the corrected command is then the same one again.
    let key = try FileMetadata.ifPresent(configuration.keyFile) == nil ? nil : KeyFiles.read(configuration.keyFile)
    let creation = LocationCreation(configuration: configuration, allowed: create, console: console)
    let places = try await creation.examine(password: key)
    if let new {
      try new.write()
      console.say("wrote configuration '\(configurationOptions.path)'")
    }
    let copies = try await creation.run(places, password: try key ?? newWorkingKey(configuration, console))
    for copy in copies {
      let traits = try await configuration.tryOut(copy, console)
      if traits.isProtected {
        console.say("location '\(configuration.name(of: copy.address))' refuses deletion\(traits.remark.map { " (\($0))" } ?? "")")
      }
    }
    let recoveryFile = try await makeRecoveryKey(copies, configuration, console)
    console.emit(
      InitEvent(
        configuration: configuration.path.string, repository: copies[0].config.id, locations: copies.map(\.address),
        workingKey: configuration.keyFile.string, recoveryKey: recoveryFile?.string))
    let option = Configuration.option(configurationOptions.path)
    console.say("next: akiba doctor\(option) && akiba backup\(option)")
    return .success
  }

  // MARK: Configuration

  /// - Returns: `nil` if there is one already.
  private func newConfiguration(_ console: Console) async throws -> NewConfiguration? {
    guard try FileMetadata.ifPresent(configurationOptions.path) == nil else {
      guard !sources.isGiven, to.isEmpty else {
        throw ConfigurationError(
          path: configurationOptions.path, line: nil, problem: "exists already, so what is to be backed up, and where to, is taken from it",
          hints: ["edit it, then run 'akiba init' with nothing else", "or name another configuration with --config"])
      }
      return nil
    }
    let path = Environment.absolute(configurationOptions.path.string)
    let key = keyFile.map(Environment.absolute) ?? path.removingLastComponent().appending("working.key")
    return try NewConfiguration(try await find(console), keyFile: key, locations: try locations, path: path)
  }

  private func find(_ console: Console) async throws -> FoundDeployment {
    let found = try await sources.find()
    console.emit(DeploymentEvent(found))
    for line in DeploymentText(found).lines { console.say(line) }
    console.show(found.findings)
    guard !to.isEmpty else {
      throw SearchError(
        summary: "deployment '\(found.name)' was found, and nothing was written: at least one location is needed, with --to",
        hints: ["the same command with a location at its end, for example: --to usb=\("/mnt/usb/\(found.name)".asShellWord)"])
    }
    return found
  }

  private var locations: [Configuration.Location] {
    get throws {
      try to.enumerated().map { index, text in
        let folder = FilePath(text).lastComponent?.string ?? "location"
        return try LocationArgument(text, unnamed: to.count > 1 ? "\(folder)-\(index + 1)" : folder).location()
      }
    }
  }

  // MARK: Keys

  private func newWorkingKey(_ configuration: Configuration, _ console: Console) throws -> String {
    let password = KeyFiles.newPassword()
    try KeyFiles.write(password, to: configuration.keyFile)
    console.say("wrote working key '\(configuration.keyFile)'")
    return password
  }

  /// - Returns: where it was written; `nil` if the repository has a second key already.
  private func makeRecoveryKey(_ copies: [Repository], _ configuration: Configuration, _ console: Console) async throws -> FilePath? {
    let keys = KeyRing(of: copies)
    guard try await keys.list().count == 1 else { return nil }
    let file = recoveryKeyFile.map(Environment.absolute) ?? configuration.keyFile.removingLastComponent().appending("recovery.key")
    let password: String
    if try FileMetadata.ifPresent(file) != nil {
      password = try KeyFiles.read(file)
    } else {
      password = KeyFiles.newPassword()
      try KeyFiles.write(password, to: file)
    }
    _ = try await keys.add(password: password)
    console.say("wrote recovery key '\(file)'")
    console.report(
      "warning: move '\(file)' off this host now, print it, and keep it where the host's loss does not reach it\n"
        + "hint: without the working key or the recovery key nobody can read the backups, ever")
    return file
  }
}

private struct InitEvent: Encodable {
  let type = "init"
  let configuration: String
  let repository: String
  let locations: [String]
  let workingKey: String
  let recoveryKey: String?

  enum CodingKeys: String, CodingKey {
    case type, configuration, repository, locations
    case workingKey = "working_key"
    case recoveryKey = "recovery_key"
  }
}
