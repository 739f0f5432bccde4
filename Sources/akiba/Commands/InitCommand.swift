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
    abstract: "Write a configuration, create the repository at each location, and make two keys.",
    discussion: """
      With a configuration that exists already, only what is missing is created. A location that was added to it is created when it is \
      named with --create: one that is merely not mounted must not become an empty copy on the disk below.

      Example: akiba init --data /home/ubuntu/cht/couchdb --to usb=/mnt/usb/cht
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("A node's CouchDB data folder; once for each node.", valueName: "folder"))
  var data: [String] = []

  @Option(help: ArgumentHelp("A node's credentials volume (local.d); in the order of --data.", valueName: "folder"))
  var localD: [String] = []

  @Option(help: ArgumentHelp("CHT's compose folder.", valueName: "folder"))
  var compose: String?

  @Option(help: ArgumentHelp("The upgrade service's folder, with .env.", valueName: "folder"))
  var upgradeService: String?

  @Option(help: ArgumentHelp("The ssl volume, with cert.pem and key.pem.", valueName: "folder"))
  var tls: String?

  @Option(help: ArgumentHelp("Another folder or file to store; may be repeated.", valueName: "path"))
  var extra: [String] = []

  @Option(help: ArgumentHelp("The deployment's name.", valueName: "name"))
  var name = "cht"

  @Option(
    help: ArgumentHelp(
      "A location: a folder for the repository, with a name before it if you like; may be repeated.", valueName: "name=folder"))
  var to: [String] = []

  @Option(help: ArgumentHelp("Where the working key is kept (default: working.key beside the configuration).", valueName: "file"))
  var keyFile: String?

  @Option(help: ArgumentHelp("Where the recovery key is written (default: recovery.key beside the configuration).", valueName: "file"))
  var recoveryKeyFile: String?

  @Option(help: ArgumentHelp("Create this location of an existing configuration; may be repeated.", valueName: "name"))
  var create: [String] = []

  func validate() throws {
    if localD.count > data.count { throw ValidationError("each --local-d belongs to a --data: \(localD.count) to \(data.count)") }
  }

  func perform(_ console: Console) async throws -> ExitStatus {
    let isNew = try FileMetadata.ifPresent(configurationOptions.path) == nil
    if isNew {
      try writeConfiguration()
      console.say("wrote configuration '\(configurationOptions.path)'")
    } else if !data.isEmpty || !to.isEmpty {
      throw ConfigurationError(
        path: configurationOptions.path, line: nil, problem: "exists already, so --data and --to are not taken",
        hints: ["edit it, then run 'akiba init' without them", "or name another configuration with --config"])
    }
    let configuration = try configurationOptions.read()
    let password = try workingPassword(configuration, console)
    let copies = try await createRepositories(configuration, password, console)
    let recoveryFile = try await makeRecoveryKey(copies, configuration, console)
    console.emit(
      InitEvent(
        configuration: configuration.path.string, repository: copies[0].config.id, locations: copies.map(\.address),
        workingKey: configuration.keyFile.string, recoveryKey: recoveryFile?.string))
    console.say("next: akiba backup\(configurationHint)")
    return .success
  }

  private var configurationHint: String {
    configurationOptions.path == Configuration.defaultPath ? "" : " --config \(configurationOptions.path)"
  }

  // MARK: Configuration

  private func writeConfiguration() throws {
    guard !data.isEmpty, !to.isEmpty else {
      throw ConfigurationError(
        path: configurationOptions.path, line: nil, problem: "does not exist yet, so --data and --to are needed",
        hints: ["akiba init --data /home/ubuntu/cht/couchdb --to usb=/mnt/usb/cht"])
    }
    for folder in data { try DataFolderError.check(absolute(folder)) }
    let folder = absolute(configurationOptions.path.string).removingLastComponent()
    let text = ConfigurationText(
      name: name,
      nodes: data.enumerated().map { index, path in
        CouchNodeSource(dataFolder: absolute(path), localD: index < localD.count ? absolute(localD[index]) : nil)
      },
      folders: folders, keyFile: keyFile.map(absolute) ?? folder.appending("working.key"), locations: locations)
    // Read it back before it is written: what init writes, backup has to understand.
    _ = try Configuration(text: text.render(), path: configurationOptions.path)
    try Folder.make(folder)
    try DurableFile.write(Array(text.render().utf8), to: absolute(configurationOptions.path.string))
  }

  private var folders: [CapturedFolder] {
    func folder(_ place: CapturedFolder.Place, _ path: String?) -> [CapturedFolder] {
      path.map { [CapturedFolder(place: place, source: absolute($0))] } ?? []
    }
    return folder(.compose, compose) + folder(.upgradeService, upgradeService) + folder(.tls, tls)
      + extra.map { CapturedFolder(place: .extra, source: absolute($0)) }
  }

  private var locations: [Configuration.Location] {
    to.enumerated().map { index, text in
      guard let equals = text.firstIndex(of: "="), !text[..<equals].contains("/") else {
        let name = FilePath(text).lastComponent?.string ?? "location"
        return Configuration.Location(name: to.count > 1 ? "\(name)-\(index + 1)" : name, folder: absolute(text))
      }
      return Configuration.Location(name: String(text[..<equals]), folder: absolute(String(text[text.index(after: equals)...])))
    }
  }

  private func absolute(_ path: String) -> FilePath {
    let path = FilePath(path)
    return (path.isAbsolute ? path : Environment.workingFolder.pushing(path)).lexicallyNormalized()
  }

  // MARK: Keys and repositories

  private func workingPassword(_ configuration: Configuration, _ console: Console) throws -> String {
    if try FileMetadata.ifPresent(configuration.keyFile) != nil { return try KeyFiles.read(configuration.keyFile) }
    let password = KeyFiles.newPassword()
    try KeyFiles.write(password, to: configuration.keyFile)
    console.say("wrote working key '\(configuration.keyFile)'")
    return password
  }

  private func createRepositories(_ configuration: Configuration, _ password: String, _ console: Console) async throws -> [Repository] {
    let surroundings = Environment.surroundings()
    var existing: [Repository] = []
    var empty: [(location: Configuration.Location, store: FolderStore)] = []
    for location in configuration.locations {
      let store = FolderStore(location.folder)
      if try await store.contains(.config) {
        existing.append(try await Repository.open(store, password: password, surroundings: surroundings))
      } else {
        try refuseForeign(location)
        empty.append((location, store))
      }
    }
    if let stranger = existing.first(where: { !$0.isCopy(of: existing[0]) }) {
      throw LocationError(
        summary: "'\(stranger.address)' holds another repository than '\(existing[0].address)'",
        hints: ["all locations of a deployment are copies of one repository: name an empty folder for it in the configuration"])
    }
    if let first = existing.first {
      for (location, store) in empty {
        guard create.contains(location.name) else {
          console.warn(
            "location '\(location.name)': no repository in '\(location.folder)'",
            hint: "is it mounted? to create it there: akiba init --create \(location.name)")
          continue
        }
        existing.append(try await Repository.join(first, store))
        console.say("created location '\(location.name)' in '\(location.folder)', a copy of repository \(first.config.id.prefix(8))")
      }
      return existing
    }
    let created = try await Repository.create(in: empty.map(\.store), password: password, surroundings: surroundings)
    for (location, _) in empty {
      console.say("created location '\(location.name)' in '\(location.folder)', repository \(created[0].config.id.prefix(8))")
    }
    return created
  }

  /// A folder with other things in it is more likely a mistake than a place for a repository.
  private func refuseForeign(_ location: Configuration.Location) throws {
    guard try FileMetadata.ifPresent(location.folder) != nil else { return }
    let own: Set = ["keys", "data", "index", "snapshots", "locks"]
    let foreign = try Folder.entries(of: location.folder).map(\.name.string).filter { !own.contains($0) && $0 != "lost+found" }
    guard !foreign.isEmpty else { return }
    throw LocationError(
      summary: "location '\(location.name)': folder '\(location.folder)' is not empty and holds no repository",
      hints: ["name a new folder in it, for example '\(location.folder.appending("akiba"))'"])
  }

  /// - Returns: where it was written; `nil` if the repository has a second key already.
  private func makeRecoveryKey(_ copies: [Repository], _ configuration: Configuration, _ console: Console) async throws -> FilePath? {
    let keys = KeyRing(of: copies)
    guard try await keys.list().count == 1 else { return nil }
    let file = recoveryKeyFile.map(absolute) ?? configuration.keyFile.removingLastComponent().appending("recovery.key")
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
