import ArgumentParser
import Deployments
import Files
import Primitives
import Repositories
import ResticFormat
import SystemPackage

struct KitCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "kit",
    abstract: "Make the recovery kit: what a person needs when this server is gone.",
    discussion: """
      A new folder with a page to print (kit.html, kit.md) and a file for programs (kit.yaml): locations, credentials, fingerprints, the recovery \
      key, and the exact commands, with Akiba and with stock restic alone. The key is tried first. The kit opens every backup: store it in \
      two safe places, neither of them this host. Make it anew after a change of locations, credentials or keys.

      Example: sudo akiba kit --out /root/kit --recovery-key /media/safe/recovery.key
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("The folder to make; a kit of this deployment that is there is replaced.", valueName: "folder"))
  var out: String

  @Option(help: ArgumentHelp("The recovery key's file (default: where 'akiba init' wrote it).", valueName: "file"))
  var recoveryKey: String?

  @Flag(help: "Leave access keys and passwords of servers out: who uses the kit has to have them from elsewhere.")
  var withoutCredentials = false

  @Flag(help: "Replace a kit of another deployment, or a damaged one. Other files in the folder stay.")
  var force = false

  func perform(_ console: Console) async throws -> ExitStatus {
    let configuration = try configurationOptions.read()
    let folder = KitFolder(path: Environment.absolute(out))
    try folder.check(deployment: configuration.deployment.name, isForced: force)
    let keyFile = try recoveryKeyFile(configuration)
    let password = try KeyFiles.read(keyFile)
    let (copies, failures) = try await Opening.all(configuration, keyFile: keyFile.string) { console.note($0) }
    let facts = KitFacts(configuration, .init(hasCredentials: !withoutCredentials))
    for gap in facts.gaps { console.warn("location '\(gap.location)': \(gap.text)", hint: gap.hint) }
    for failure in failures {
      console.warn("location '\(failure.location.name)' cannot be opened with the recovery key: \(failure.summary)", hint: failure.hint)
    }

    let kit = kit(facts, configuration, opened: copies[0], failures, password)
    try folder.write(try KitFiles(kit).files)
    let record = KitRecord(
      made: Environment.now.seconds, fingerprint: configuration.fingerprint(withCredentials: !withoutCredentials),
      hasCredentials: !withoutCredentials, key: kit.keyID)
    configuration.remember(record, console)
    tell(kit, folder.path, console)
    return failures.areAllExpected && facts.gaps.isEmpty ? .success : .partial
  }

  private func recoveryKeyFile(_ configuration: Configuration) throws -> FilePath {
    if let recoveryKey {
      let file = Environment.absolute(recoveryKey)
      if let working = try? KeyFiles.read(configuration.keyFile), working == (try KeyFiles.read(file)) {
        throw KeyFileError(
          summary: "'\(file)' is the working key, not the recovery key",
          hints: ["a kit needs a key of its own: akiba key add\(option(configuration)) recovery.key"])
      }
      return file
    }
    let usual = configuration.keyFile.removingLastComponent().appending("recovery.key")
    guard try FileMetadata.ifPresent(usual) == nil else { return usual }
    throw KeyFileError(
      summary: "the recovery key is not at '\(usual)' any more, and the kit needs it",
      hints: [
        "bring it from where it is kept, and name it: akiba kit\(option(configuration)) --out \(out.asShellWord) --recovery-key FILE",
        "if it is lost, make another: akiba key add\(option(configuration)) FILE",
      ])
  }

  private func option(_ configuration: Configuration) -> String { Configuration.option(configuration.path) }

  private func kit(
    _ facts: KitFacts, _ configuration: Configuration, opened copy: Repository, _ failures: [Opening.Failure], _ password: String
  ) -> Kit {
    let locations = facts.locations.map { location in
      var location = location
      if let failure = failures.first(where: { $0.location.name == location.name }) { location.opening = .failed(failure.summary) }
      return location
    }
    return Kit(
      deployment: facts.deployment, project: facts.project, repository: copy.config.id,
      made: Timestamp(seconds: Environment.now.seconds).description, version: Akiba.version, host: Environment.surroundings().hostname,
      configuration: Environment.absolute(configuration.path.string), locations: locations, recoveryKey: password, keyID: copy.keyID.hex)
  }

  private func tell(_ kit: Kit, _ folder: FilePath, _ console: Console) {
    console.emit(KitEvent(kit, folder, hasCredentials: !withoutCredentials))
    console.say("wrote the recovery kit of '\(kit.deployment)' into '\(folder)'")
    for location in kit.locations {
      switch location.opening {
      case .opened: console.say("  location '\(location.name)': opened with the recovery key")
      case .failed: console.say("  location '\(location.name)': NOT OPENED, and the page says so")
      }
    }
    console.report(
      "warning: whoever has this kit can read the backups: print kit.html, store the folder in two safe places, then remove it from this host"
    )
  }
}

private struct KitEvent: Encodable {
  struct Location: Encodable {
    let name: String
    let opened: Bool
    let error: String?
  }

  let type = "kit"
  let folder: String
  let deployment: String
  let repository: String
  let key: String
  let credentials: Bool
  let locations: [Location]

  init(_ kit: Kit, _ folder: FilePath, hasCredentials: Bool) {
    self.folder = folder.string
    deployment = kit.deployment
    repository = kit.repository
    key = kit.keyID
    credentials = hasCredentials
    locations = kit.locations.map { location in
      if case .failed(let reason) = location.opening { return Location(name: location.name, opened: false, error: reason) }
      return Location(name: location.name, opened: true, error: nil)
    }
  }
}
