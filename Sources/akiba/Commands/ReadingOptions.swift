import ArgumentParser
import SystemPackage

/// Which copy of the repository a command reads, also where there is no configuration any more.
struct ReadingOptions: ParsableArguments {
  @OptionGroup var repository: RepositoryOptions

  @Option(
    help: ArgumentHelp("A recovery kit, its folder or kit.yaml, instead of a configuration and a key file.", valueName: "file-or-folder"))
  var kit: String?

  func validate() throws {
    guard kit != nil else { return }
    if repository.keyFile != nil { throw ValidationError("--kit and --key-file exclude each other: the kit holds the key") }
    if repository.configuration.config != nil { throw ValidationError("--kit and --config exclude each other") }
  }

  /// The configuration that names the copy; `nil` if the command line does.
  func configuration() throws -> Configuration? {
    try kit == nil && repository.repository == nil ? repository.configuration.read() : nil
  }

  /// Reads the kit, if there is one.
  func readKit() throws -> Kit? {
    guard let kit else { return nil }
    return try Kit(reading: Environment.absolute(kit))
  }
}
