import ResticFormat
import Stores
import Backup
import Deployments
import Files
import Primitives
import Repositories
import Status
import SystemPackage

/// Looks at all locations and what they hold.
struct LocationSurvey {
  let configuration: Configuration
  let console: Console
  /// Seconds since 1970.
  let now: Int

  private struct Seen: Sendable {
    let address: String
    let holdings: Result<LocationRecord.Holdings, any Error>
  }

  /// - Parameter isAsking: otherwise the facts are as remembered.
  func run(isAsking: Bool) async throws -> [LocationFacts] {
    var records = configuration.records(console)
    guard isAsking else { return configuration.locations.map { facts($0, .notAsked, records) } }
    var presence: [String: LocationFacts.Presence] = [:]
    for seen in try await look(&presence) {
      switch seen.holdings {
      case .success(let holdings):
        presence[seen.address] = .reached
        records[seen.address, default: LocationRecord()].holdings = holdings
        records[seen.address]?.lastSeen = now
      case .failure(let error): presence[seen.address] = .unusable((error as? any Explainable)?.summary ?? "\(error)")
      }
    }
    remember(records, presence)
    return configuration.locations.map { facts($0, presence[$0.address] ?? .notAsked, records) }
  }

  private func look(_ presence: inout [String: LocationFacts.Presence]) async throws -> [Seen] {
    let copies: [Repository]
    let failures: [Opening.Failure]
    do {
      (copies, failures) = try await Opening.all(configuration) { console.note($0) }
    } catch let error as KeyFileError {
      throw error
    } catch {
      try Task.checkCancellation()
      for location in configuration.locations { presence[location.address] = .unusable((error as? any Explainable)?.summary ?? "\(error)") }
      return []
    }
    for failure in failures { presence[failure.location.address] = failure.isExpected ? .away : .unusable(failure.summary) }
    let tag = BackupRun.tag(deployment: configuration.deployment.name)
    return await withTaskGroup(of: Seen.self) { group in
      for copy in copies { group.addTask { Seen(address: copy.address, holdings: await Self.holdings(of: copy, tag)) } }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  private static func holdings(of copy: Repository, _ tag: String) async -> Result<LocationRecord.Holdings, any Error> {
    do {
      let own = try await copy.snapshots().snapshots.filter { $0.snapshot.tags.contains(tag) }
      let sound = own.filter { !SuspectSnapshots.isSuspect($0) }
      let bytes = try await copy.store.names(of: .pack).reduce(0) { $0 + $1.byteCount }
      return .success(
        .init(
          snapshots: own.count, marked: own.count - sound.count, bytes: bytes, newest: sound.last?.id.hex,
          newestTime: sound.last?.snapshot.time.seconds, oldestTime: own.first?.snapshot.time.seconds))
    } catch {
      return .failure(error)
    }
  }

  private func remember(_ records: [String: LocationRecord], _ presence: [String: LocationFacts.Presence]) {
    configuration.remember(console) { kept in
      for (address, record) in records where presence[address] == .reached {
        kept[address, default: LocationRecord()].holdings = record.holdings
        kept[address]?.lastSeen = record.lastSeen
      }
    }
  }

  private func facts(
    _ location: Configuration.Location, _ presence: LocationFacts.Presence, _ records: [String: LocationRecord]
  ) -> LocationFacts {
    var facts = LocationFacts(
      name: location.name, address: location.address, presence: presence, record: records[location.address] ?? LocationRecord())
    facts.medium = location.medium
    facts.site = location.site
    facts.isOffSite = location.isOffSite
    facts.isRemovable = location.removal != nil
    facts.drillWithin = location.drillWithin
    facts.sharesDataDisk = configuration.sharesDataDisk(location)
    return facts
  }
}

extension Configuration {
  /// Whether a location is lost with the disk of CouchDB's data.
  func sharesDataDisk(_ location: Location) -> Bool {
    guard let folder = location.folder, let space = try? DiskSpace.at(folder) else { return false }
    return deployment.nodes.contains { (try? DiskSpace.at($0.dataFolder))?.device == space.device }
  }
}
