import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage

extension Opening {
  /// The one copy a command reads from: as a kit says if there is one, else as configuration or address do.
  static func one(_ options: ReadingOptions, _ console: Console) async throws -> Repository {
    guard let kit = try options.readKit() else { return try await one(options.repository, console) }
    guard let address = options.repository.repository else { return try await one(of: kit, location: options.repository.location, console) }
    // The disk has another place on this host; the key is the same.
    let location = try LocationArgument(address, unnamed: "repository").location()
    return try await open(Kit.Location(location: location), of: kit, console)
  }

  /// - Parameter name: of a location; `nil`: the first of the kit that can be reached, which is said.
  static func one(of kit: Kit, location name: String?, _ console: Console) async throws -> Repository {
    if let name { return try await open(kit.location(named: name), of: kit, console) }
    var first: (any Error)?
    for location in kit.locations {
      do {
        let copy = try await open(location, of: kit, isHurried: kit.locations.count > 1, console)
        console.report("using location '\(location.name)' of the kit, '\(copy.address)'")
        return copy
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        first = first ?? error
        let explained = error as? any Explainable
        console.warn("location '\(location.name)' cannot be used: \(explained?.summary ?? "\(error)")", hint: explained?.hints.first)
      }
    }
    throw KitError(
      summary: "no location of the kit can be used: \((first as? any Explainable)?.summary ?? "")",
      hints: [
        "bring one of them within reach: its page says what each is", "a disk that lies elsewhere now: --repository FOLDER beside --kit",
      ])
  }

  /// - Parameter isHurried: there are others to try if it does not answer soon.
  private static func open(
    _ location: Kit.Location, of kit: Kit, isHurried: Bool = false, _ console: Console
  ) async throws -> Repository {
    var tried = location
    if isHurried { tried.hurry() }
    let copy: Repository
    do {
      let store = try tried.store { console.note($0) }
      copy = try await Repository.open(store, password: kit.recoveryKey, surroundings: Environment.surroundings())
    } catch {
      throw withoutOwnPaths(error)
    }
    guard copy.config.id == kit.repository else {
      throw KitError(
        summary: "'\(copy.address)' holds another repository than the kit is for",
        hints: ["the kit is for repository \(kit.repository.prefix(8)) of '\(kit.deployment)', and this is \(copy.config.id.prefix(8))"])
    }
    return isHurried ? copy.with(store: try location.store { console.note($0) }) : copy
  }
}

extension Opening {
  /// A hint that names a file in this process's memory helps nobody.
  private static func withoutOwnPaths(_ error: any Error) -> any Error {
    guard let refused = error as? StoreError, refused.hints.contains(where: { $0.contains("/proc/") }) else { return error }
    return KitError(
      summary: refused.summary, hints: ["ssh logs in with a private key of this host, which no kit holds: the kit's page says which"])
  }
}

extension Kit.Location {
  /// Seconds for which one of several is tried.
  private static let shortPatience = 10

  fileprivate mutating func hurry() {
    var place = location
    if case .remote = place.place { place.patience = Self.shortPatience }
    self = Kit.Location(location: place, credentials: credentials, authority: authority, ssh: ssh, opening: opening)
  }
}
