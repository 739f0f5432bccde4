import Files
import Repositories
import ResticFormat
import Stores
import SystemPackage

/// Creates what is missing at the locations of a configuration: one repository, and copies of it.
struct LocationCreation {
  let configuration: Configuration
  /// Locations that may be made although others exist: one that is merely not mounted must not become an empty copy.
  let allowed: [String]
  let console: Console

  /// What lies at the locations now.
  struct Places {
    fileprivate var existing: [Repository] = []
    fileprivate var empty: [Empty] = []
  }

  fileprivate struct Empty {
    let location: Configuration.Location
    let store: any BlobStore
  }

  /// Looks, and writes nothing.
  ///
  /// - Parameter password: the working key; `nil`: there is none yet.
  /// - Throws: `LocationError` for a folder with other things in it, and for a repository that cannot be one of ours.
  func examine(password: String?) async throws -> Places {
    var places = Places()
    for location in configuration.locations {
      let store = try location.store { console.note($0) }
      guard try await store.contains(.config) else {
        if let folder = location.folder { try refuseForeign(location, folder) }
        places.empty.append(Empty(location: location, store: store))
        continue
      }
      guard let password else { throw keyless(location) }
      places.existing.append(try await Repository.open(store, password: password, surroundings: Environment.surroundings()))
    }
    if let first = places.existing.first, let stranger = places.existing.first(where: { !$0.isCopy(of: first) }) {
      throw LocationError(
        summary: "'\(stranger.address)' holds another repository than '\(first.address)'",
        hints: ["all locations of a deployment are copies of one repository: name an empty folder for it in the configuration"])
    }
    return places
  }

  func run(_ places: Places, password: String) async throws -> [Repository] {
    places.existing.isEmpty ? try await create(places.empty, password) : try await join(places.empty, places.existing)
  }

  private func keyless(_ location: Configuration.Location) -> LocationError {
    LocationError(
      summary:
        "location '\(location.name)' in '\(location.address)' holds a repository already, and its key '\(configuration.keyFile)' does not"
        + " exist",
      hints: ["bring the key back from where it is kept: the working key, or the recovery key", "or name a new folder for the location"])
  }

  private func create(_ empty: [Empty], _ password: String) async throws -> [Repository] {
    let created = try await Repository.create(in: empty.map(\.store), password: password, surroundings: Environment.surroundings())
    for place in empty {
      console.say("created location '\(place.location.name)' in '\(place.location.address)', repository \(created[0].config.id.prefix(8))")
    }
    return created
  }

  private func join(_ empty: [Empty], _ existing: [Repository]) async throws -> [Repository] {
    var copies = existing
    for place in empty {
      let location = place.location
      guard allowed.contains(location.name) else {
        console.warn(
          "location '\(location.name)': no repository in '\(location.address)'",
          hint: "is it mounted? to create it there: akiba init --create \(location.name)")
        continue
      }
      copies.append(try await Repository.join(existing[0], place.store))
      console.say("created location '\(location.name)' in '\(location.address)', a copy of repository \(existing[0].config.id.prefix(8))")
    }
    return copies
  }

  /// A folder with other things in it is more likely a mistake than a place for a repository.
  private func refuseForeign(_ location: Configuration.Location, _ folder: FilePath) throws {
    guard try FileMetadata.ifPresent(folder) != nil else { return }
    let own: Set = ["keys", "data", "index", "snapshots", "locks"]
    let foreign = try Folder.entries(of: folder).map(\.name.string).filter { !own.contains($0) && $0 != "lost+found" }
    guard !foreign.isEmpty else { return }
    throw LocationError(
      summary: "location '\(location.name)': folder '\(folder)' is not empty and holds no repository",
      hints: ["name a new folder in it, for example '\(folder.appending("akiba"))'"])
  }
}
