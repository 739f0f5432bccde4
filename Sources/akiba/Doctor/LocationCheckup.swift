import CouchFormat
import Deployments
import Files
import Repositories
import ResticFormat
import SystemPackage

/// The locations: do they open, how much room, how old is what they hold, and do they share a fate with the data?
struct LocationCheckup {
  /// Two days in seconds: CHT asks for a backup a day.
  private static let oldAge = 2 * 86_400
  /// A clock may differ by this many seconds.
  private static let clockTolerance = 300

  let configuration: Configuration
  let now: FileTime
  private var option: String { Configuration.option(configuration.path) }

  init(configuration: Configuration, now: FileTime) {
    self.configuration = configuration
    self.now = now
  }

  func run(_ diagnosis: inout Diagnosis) async {
    if configuration.locations.count < 2 {
      diagnosis.warn(
        .locationAlone, configuration.locations[0].name, "there is one location; the rule is three copies, two media, one off-site",
        remedy: "add locations to '\(configuration.path)', then: akiba init\(option) --create NAME")
    }
    do {
      let (copies, failures) = try await Opening.all(configuration)
      for failure in failures { add(failure, &diagnosis) }
      for copy in copies { await examine(copy, &diagnosis) }
    } catch {
      for location in configuration.locations { add(Opening.Failure(location: location, error: error), &diagnosis) }
    }
    for location in configuration.locations { checkPlace(location, &diagnosis) }
  }

  private func add(_ failure: Opening.Failure, _ diagnosis: inout Diagnosis) {
    diagnosis.fail(
      .locationUnusable, failure.location.name, "location '\(failure.location.name)': \(failure.summary)",
      remedy: failure.hint ?? "akiba init\(option)")
  }

  private func examine(_ copy: Repository, _ diagnosis: inout Diagnosis) async {
    let name = configuration.name(of: copy.address)
    do {
      let own = try await copy.snapshots().snapshots.filter { $0.snapshot.tags.contains("deployment:\(configuration.deployment.name)") }
      guard let newest = own.map(\.snapshot.time.seconds).max() else {
        return diagnosis.note("location", "'\(name)' opens; no snapshot yet")
      }
      let age = now.seconds - newest
      if age < -Self.clockTolerance {
        diagnosis.fail(
          .clockBehind, name,
          "the newest snapshot of '\(name)' is \(Wording.duration(.seconds(-age))) in the future: this clock is behind, or was ahead",
          remedy: "set the clock right: timedatectl set-ntp true")
      } else if age > Self.oldAge {
        diagnosis.warn(
          .snapshotOld, name, "the newest snapshot of '\(name)' is \(Wording.duration(.seconds(age))) old",
          remedy: "is the timer running? akiba backup\(option)")
      } else {
        diagnosis.note(
          "location", "'\(name)' opens; \(Wording.count(own.count, "snapshot")), the newest \(Wording.duration(.seconds(max(0, age)))) old")
      }
    } catch {
      add(
        Opening.Failure(location: configuration.locations.first { $0.name == name } ?? configuration.locations[0], error: error), &diagnosis
      )
    }
  }

  private func checkPlace(_ location: Configuration.Location, _ diagnosis: inout Diagnosis) {
    guard let space = try? DiskSpace.at(location.folder) else { return }
    diagnosis.note("room", "\(Wording.bytes(space.free)) free at '\(location.name)'")
    for node in configuration.deployment.nodes where (try? DiskSpace.at(node.dataFolder))?.device == space.device {
      diagnosis.warn(
        .locationOnDataDisk, location.name,
        "location '\(location.name)' is on the disk of CouchDB's data: it is lost with it, and can fill it",
        remedy: "put it on another disk, and have another location off-site")
    }
  }
}
