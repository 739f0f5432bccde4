import ResticFormat
import Files
import Repositories
import Stores
import SystemPackage

/// Creates what is missing at the locations of a configuration: one repository, and copies of it.
struct LocationCreation {
  let configuration: Configuration
  let password: String
  /// Locations that may be made although others exist: one that is merely not mounted must not become an empty copy.
  let allowed: [String]
  let console: Console

  func run() async throws -> [Repository] {
    var existing: [Repository] = []
    var empty: [Empty] = []
    for location in configuration.locations {
      let store = FolderStore(location.folder)
      if try await store.contains(.config) {
        existing.append(try await Repository.open(store, password: password, surroundings: Environment.surroundings()))
      } else {
        try refuseForeign(location)
        empty.append(Empty(location: location, store: store))
      }
    }
    if let stranger = existing.first(where: { !$0.isCopy(of: existing[0]) }) {
      throw LocationError(
        summary: "'\(stranger.address)' holds another repository than '\(existing[0].address)'",
        hints: ["all locations of a deployment are copies of one repository: name an empty folder for it in the configuration"])
    }
    return existing.isEmpty ? try await create(empty) : try await join(empty, existing)
  }

  private struct Empty {
    let location: Configuration.Location
    let store: FolderStore
  }

  private func create(_ empty: [Empty]) async throws -> [Repository] {
    let created = try await Repository.create(in: empty.map(\.store), password: password, surroundings: Environment.surroundings())
    for place in empty {
      console.say("created location '\(place.location.name)' in '\(place.location.folder)', repository \(created[0].config.id.prefix(8))")
    }
    return created
  }

  private func join(_ empty: [Empty], _ existing: [Repository]) async throws -> [Repository] {
    var copies = existing
    for place in empty {
      let location = place.location
      guard allowed.contains(location.name) else {
        console.warn(
          "location '\(location.name)': no repository in '\(location.folder)'",
          hint: "is it mounted? to create it there: akiba init --create \(location.name)")
        continue
      }
      copies.append(try await Repository.join(existing[0], place.store))
      console.say("created location '\(location.name)' in '\(location.folder)', a copy of repository \(existing[0].config.id.prefix(8))")
    }
    return copies
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
}
