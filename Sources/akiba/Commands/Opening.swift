import Files
import Primitives
import Repositories
import Stores
import SystemPackage

/// Opening the copies a command works on.
enum Opening {
  /// A location that could not be opened.
  struct Failure {
    let location: Configuration.Location
    let error: any Error
  }

  /// All locations of the configuration, as far as they open.
  ///
  /// - Throws: the first location's error if none opens.
  static func all(_ configuration: Configuration, keyFile: String? = nil) async throws -> (copies: [Repository], failures: [Failure]) {
    let password = try KeyFiles.read(keyFile.map { FilePath($0) } ?? configuration.keyFile)
    var copies: [Repository] = []
    var failures: [Failure] = []
    for location in configuration.locations {
      do {
        let copy = try await Repository.open(FolderStore(location.folder), password: password, surroundings: Environment.surroundings())
        guard copies.first.map({ copy.isCopy(of: $0) }) ?? true else {
          throw LocationError(
            summary: "location '\(location.name)' in '\(location.folder)' holds another repository than '\(copies[0].address)'",
            hints: ["all locations of a deployment are copies of one repository: name an empty folder, then run 'akiba init' again"])
        }
        copies.append(copy)
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        failures.append(Failure(location: location, error: error))
      }
    }
    if copies.isEmpty, let first = failures.first { throw first.error }
    return (copies, failures)
  }

  /// The one copy a command reads from: the one named, or the first that opens.
  static func one(_ options: RepositoryOptions, _ console: Console) async throws -> Repository {
    if let folder = options.repository, let keyFile = options.keyFile {
      return try await Repository.open(
        FolderStore(FilePath(folder)), password: KeyFiles.read(FilePath(keyFile)), surroundings: Environment.surroundings())
    }
    let configuration = try options.configuration.read()
    if let name = options.location {
      guard let location = configuration.locations.first(where: { $0.name == name }) else {
        throw LocationError(
          summary: "no location '\(name)' in configuration '\(configuration.path)'",
          hints: ["it has: \(configuration.locations.map(\.name).joined(separator: ", "))"])
      }
      let password = try KeyFiles.read(options.keyFile.map { FilePath($0) } ?? configuration.keyFile)
      return try await Repository.open(FolderStore(location.folder), password: password, surroundings: Environment.surroundings())
    }
    let (copies, failures) = try await all(configuration, keyFile: options.keyFile)
    for failure in failures { console.warn("location '\(failure.location.name)': \(failure.summary)", hint: failure.hint) }
    return copies[0]
  }
}

struct LocationError: Explainable {
  let summary: String
  let hints: [String]
}

extension Opening.Failure {
  var summary: String { (error as? any Explainable)?.summary ?? "\(error)" }
  var hint: String? { (error as? any Explainable)?.hints.first }
}

extension StoreFailure {
  var summary: String { (error as? any Explainable)?.summary ?? "\(error)" }
  var hint: String? { (error as? any Explainable)?.hints.first }
}
