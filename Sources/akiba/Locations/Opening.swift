import Status
import Files
import Primitives
import Repositories
import Stores
import SystemPackage

/// Opening the copies a command works on.
enum Opening {
  /// A location that could not be opened.
  struct Failure: Sendable {
    let location: Configuration.Location
    let error: any Error
    /// A removable drive that is away, as was agreed: no failure of the run.
    var isExpected = false
  }

  private struct Opened: Sendable {
    let number: Int
    let result: Result<Repository, any Error>
  }

  /// All locations of the configuration, as far as they open, in its order.
  ///
  /// - Throws: the first location's error if none opens.
  static func all(
    _ configuration: Configuration, keyFile: String? = nil, note: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> (copies: [Repository], failures: [Failure]) {
    let password = try KeyFiles.read(keyFile.map { FilePath($0) } ?? configuration.keyFile)
    let records = (try? configuration.state.read()) ?? [:]
    let results = try await each(configuration.locations, password, records, note)
    var copies: [Repository] = []
    var failures: [Failure] = []
    for (location, result) in zip(configuration.locations, results) {
      do {
        let copy = try result.get()
        guard copies.first.map({ copy.isCopy(of: $0) }) ?? true else {
          throw LocationError(
            summary: "location '\(location.name)' in '\(location.address)' holds another repository than '\(copies[0].address)'",
            hints: ["all locations of a deployment are copies of one repository: name an empty folder, then run 'akiba init' again"])
        }
        copies.append(copy)
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        failures.append(configuration.failure(of: location, error))
      }
    }
    if copies.isEmpty, let first = failures.first { throw first.error }
    return (copies, failures)
  }

  /// At once: one that does not answer takes its time.
  private static func each(
    _ locations: [Configuration.Location], _ password: String, _ records: [String: LocationRecord],
    _ note: @escaping @Sendable (String) -> Void
  ) async throws -> [Result<Repository, any Error>] {
    try await withThrowingTaskGroup(of: Opened.self) { group in
      for (number, location) in locations.enumerated() {
        group.addTask {
          do {
            let key = records[location.address]?.key.flatMap { ContentID(hex: $0) }
            return Opened(number: number, result: .success(try await open(location, password, likelyKey: key, note)))
          } catch {
            try Task.checkCancellation()
            return Opened(number: number, result: .failure(error))
          }
        }
      }
      return try await group.reduce(into: [Opened]()) { $0.append($1) }.sorted { $0.number < $1.number }.map(\.result)
    }
  }

  private static func open(
    _ location: Configuration.Location, _ password: String, likelyKey: ContentID? = nil, _ note: @escaping @Sendable (String) -> Void
  ) async throws -> Repository {
    try await Repository.open(
      location.store(note: note), password: password, surroundings: Environment.surroundings(), likelyKey: likelyKey)
  }

  /// All copies of the repository, also those whose config or keys are damaged.
  static func family(
    _ configuration: Configuration, keyFile: String? = nil, note: @escaping @Sendable (String) -> Void
  ) async throws -> (copies: [Repository], failures: [Failure]) {
    let password = try KeyFiles.read(keyFile.map { FilePath($0) } ?? configuration.keyFile)
    let stores = try configuration.locations.map { try $0.store(note: note) }
    let family = try await RepositoryFamily.open(stores, password: password, surroundings: Environment.surroundings())
    let failures = family.failures.compactMap { failure in
      configuration.locations.first { $0.address == failure.address }.map { configuration.failure(of: $0, failure.error) }
    }
    return (family.copies, failures)
  }

  /// The one copy a command reads from: the one named, or the first that opens.
  static func one(_ options: RepositoryOptions, _ console: Console) async throws -> Repository {
    if let address = options.repository {
      guard let keyFile = options.keyFile else {
        throw LocationError(summary: "repository '\(address)' is opened with a key file", hints: ["name one: --key-file FILE"])
      }
      let location = try LocationArgument(address, unnamed: "repository").location()
      return try await open(location, KeyFiles.read(FilePath(keyFile))) { console.note($0) }
    }
    let configuration = try options.configuration.read()
    if let name = options.location {
      let password = try KeyFiles.read(options.keyFile.map { FilePath($0) } ?? configuration.keyFile)
      return try await open(configuration.location(named: name), password) { console.note($0) }
    }
    let (copies, failures) = try await all(configuration, keyFile: options.keyFile) { console.note($0) }
    for failure in failures { failure.show(on: console) }
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

  /// - Parameter what: what became of it, as `is left out`.
  func show(on console: Console, _ what: String = "cannot be used") {
    if isExpected { return console.note("location '\(location.name)' is away, as agreed") }
    console.warn("location '\(location.name)' \(what): \(summary)", hint: hint)
  }
}

extension [Opening.Failure] {
  /// Whether nothing failed but what was agreed to be away.
  var areAllExpected: Bool { allSatisfy(\.isExpected) }
}

extension StoreFailure {
  var summary: String { (error as? any Explainable)?.summary ?? "\(error)" }
  var hint: String? { (error as? any Explainable)?.hints.first }
}

extension Configuration {
  /// The name of the location with this address.
  func name(of address: String) -> String { locations.first { $0.address == address }?.name ?? address }

  /// - Throws: `LocationError` for a name that none has.
  func location(named name: String) throws -> Location {
    guard let location = locations.first(where: { $0.name == name }) else {
      throw LocationError(
        summary: "no location '\(name)' in configuration '\(path)'", hints: ["it has: \(locations.map(\.name).joined(separator: ", "))"])
    }
    return location
  }

  func failure(of location: Location, _ error: any Error) -> Opening.Failure {
    Opening.Failure(location: location, error: error, isExpected: Self.isAbsence(error) && isAwayAsAgreed(location))
  }

  /// Whether nothing is there, not something that is damaged.
  private static func isAbsence(_ error: any Error) -> Bool {
    if let error = error as? RepositoryError { return error.kind == .noRepository }
    if let error = error as? StoreError { return [.notFound, .noSuchPlace, .unreachable].contains(error.kind) }
    return false
  }

  private func isAwayAsAgreed(_ location: Location) -> Bool {
    guard let removal = location.removal, let seen = (try? state.read())?[location.address]?.lastSeen else { return false }
    return (0...removal.backWithin).contains(Environment.now.seconds - seen)
  }
}
