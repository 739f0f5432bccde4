import ArgumentParser
import Files
import Primitives
import Repositories
import ResticFormat
import SystemPackage

struct KeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "List, add, remove and test the repository's keys.",
    discussion: "A key is a password file. Any of them opens every snapshot at every location; losing all of them is final.",
    subcommands: [List.self, Add.self, Remove.self, Test.self])

  struct List: Job {
    static let configuration = CommandConfiguration(abstract: "List all keys; the one in use is starred.")

    @OptionGroup var repository: ReadingOptions
    @OptionGroup var output: OutputOptions

    func perform(_ console: Console) async throws -> ExitStatus {
      let copy = try await Opening.one(repository, console)
      console.say("   ID        CREATED                         USER@HOST")
      for key in try await KeyRing(of: [copy]).list() {
        console.emit(
          KeyEvent(id: key.id.hex, created: key.created.description, user: key.username, host: key.hostname, inUse: key.isInUse))
        console.say(
          " \(key.isInUse ? "*" : " ") \(key.id.short)  \(key.created.description.padded(to: 30))  \(key.username)@\(key.hostname)")
      }
      return .success
    }
  }

  struct Add: Job {
    static let configuration = CommandConfiguration(
      abstract: "Make a new key and write it to a file, or add the password that is in it already.")

    @OptionGroup var repository: RepositoryOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: ArgumentHelp("The new key's file. If it does not exist, a password is made.", valueName: "file"))
    var newKeyFile: String

    func perform(_ console: Console) async throws -> ExitStatus {
      let copies = try await KeyCommand.copies(repository, console)
      let path = FilePath(newKeyFile)
      let password: String
      if try FileMetadata.ifPresent(path) != nil {
        password = try KeyFiles.read(path)
      } else {
        password = KeyFiles.newPassword()
        try KeyFiles.write(password, to: path)
      }
      let id = try await KeyRing(of: copies).add(password: password)
      console.emit(ChangeEvent(type: "key-added", id: id.hex, file: newKeyFile))
      console.say("added key \(id.short): '\(newKeyFile)' opens \(Wording.count(copies.count, "location"))")
      return .success
    }
  }

  struct Remove: Job {
    static let configuration = CommandConfiguration(
      abstract: "Remove a key from every location. Who copied the key file before can still read.")

    @OptionGroup var repository: RepositoryOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The first digits of the key's id, as 'akiba key list' shows it.")
    var id: String

    func perform(_ console: Console) async throws -> ExitStatus {
      let keys = KeyRing(of: try await KeyCommand.copies(repository, console))
      let matches = try await keys.list().filter { $0.id.hex.hasPrefix(id.lowercased()) }
      guard matches.count == 1, let key = matches.first else {
        throw KeyFileError(
          summary: matches.isEmpty ? "no key '\(id)'" : "key '\(id)' could be any of \(matches.count)",
          hints: ["'akiba key list' shows all ids"])
      }
      try await keys.remove(key.id)
      console.emit(ChangeEvent(type: "key-removed", id: key.id.hex, file: nil))
      console.say("removed key \(key.id.short)")
      if repository.repository == nil { try repository.configuration.read().forgetKit(withKey: key.id.hex, console) }
      return .success
    }
  }

  struct Test: Job {
    static let configuration = CommandConfiguration(abstract: "Try whether a key file opens every location.")

    @OptionGroup var configurationOptions: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: ArgumentHelp("The key file to try (default: the configuration's working key).", valueName: "file"))
    var testedKeyFile: String?

    func perform(_ console: Console) async throws -> ExitStatus {
      let configuration = try configurationOptions.read()
      let (copies, failures) = try await Opening.all(configuration, keyFile: testedKeyFile)
      for copy in copies {
        let name = configuration.name(of: copy.address)
        console.emit(TestEvent(location: name, opens: true, key: copy.keyID.hex, error: nil))
        console.say("location '\(name)': opens with key \(copy.keyID.short)")
      }
      for failure in failures {
        console.emit(TestEvent(location: failure.location.name, opens: false, key: nil, error: failure.summary))
        failure.show(on: console)
      }
      return failures.areAllExpected ? .success : .partial
    }
  }

  /// A change of keys goes to every location, so that copies stay byte-identical; one that is away would keep the old keys.
  private static func copies(_ options: RepositoryOptions, _ console: Console) async throws -> [Repository] {
    guard options.repository == nil else { return [try await Opening.one(options, console)] }
    let (copies, failures) = try await Opening.all(options.configuration.read(), keyFile: options.keyFile)
    if let failure = failures.first {
      throw LocationError(
        summary: "location '\(failure.location.name)' cannot be reached, and keys are the same at every location: \(failure.summary)",
        hints: ["make it reachable, then run the same command again", failure.hint].compactMap { $0 })
    }
    return copies
  }
}

private struct KeyEvent: Encodable {
  let type = "key"
  let id: String
  let created: String
  let user: String
  let host: String
  let inUse: Bool

  enum CodingKeys: String, CodingKey {
    case type, id, created, user, host
    case inUse = "in_use"
  }
}

private struct ChangeEvent: Encodable {
  let type: String
  let id: String
  let file: String?
}

private struct TestEvent: Encodable {
  let type = "key-test"
  let location: String
  let opens: Bool
  let key: String?
  let error: String?
}
