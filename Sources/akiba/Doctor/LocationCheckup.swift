import Stores
import CouchFormat
import Deployments
import Files
import Primitives
import Repositories
import ResticFormat
import Status
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

  /// - Parameter console: for what cannot be remembered.
  func run(_ diagnosis: inout Diagnosis, _ console: Console) async {
    if configuration.locations.count < 2 {
      diagnosis.warn(
        .locationAlone, configuration.locations[0].name, "there is one location; the rule is three copies, two media, one off-site",
        remedy: "add locations to '\(configuration.path)', then: akiba init\(option) --create NAME")
    }
    do {
      let (copies, failures) = try await Opening.all(configuration)
      for failure in failures { add(failure, &diagnosis) }
      for copy in copies {
        await examine(copy, &diagnosis)
        await tryOut(copy, &diagnosis, console)
      }
    } catch {
      for location in configuration.locations { add(Opening.Failure(location: location, error: error), &diagnosis) }
    }
    for location in configuration.locations { checkPlace(location, &diagnosis) }
    await checkDrills(&diagnosis, console)
  }

  /// From what is remembered: the places were looked at already.
  private func checkDrills(_ diagnosis: inout Diagnosis, _ console: Console) async {
    let survey = LocationSurvey(configuration: configuration, console: console, now: now.seconds)
    for location in (try? await survey.run(isAsking: false)) ?? [] {
      guard let due = location.drillDue(Promise(), now: now.seconds) else { continue }
      diagnosis.warn(
        .drillDue, location.name, "location '\(location.name)' is due for a drill: \(due)",
        remedy: "akiba drill\(option) --location \(location.name.asShellWord)")
    }
  }

  private func add(_ failure: Opening.Failure, _ diagnosis: inout Diagnosis) {
    if failure.isExpected { return diagnosis.note("location", "'\(failure.location.name)' is away, as agreed") }
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

  /// What the place really does, whatever is said of it.
  private func tryOut(_ copy: Repository, _ diagnosis: inout Diagnosis, _ console: Console) async {
    let name = configuration.name(of: copy.address)
    do {
      let traits = try await configuration.tryOut(copy, console)
      if !traits.readsWhatWasPut || !traits.listsWhatWasPut {
        diagnosis.fail(
          .locationForgetful, name, "'\(name)' does not \(traits.readsWhatWasPut ? "list" : "give back") what was just stored there",
          remedy: "a cache, a mirror or a slow replica answers: give the location the address of the store itself")
      }
      let deletion = traits.isProtected ? "refuses deletion" : "lets this host delete and replace what is stored"
      diagnosis.note("location", "'\(name)' \(deletion)\(traits.remark.map { " (\($0))" } ?? "")")
    } catch {
      add(
        Opening.Failure(location: configuration.locations.first { $0.name == name } ?? configuration.locations[0], error: error), &diagnosis
      )
    }
  }

  private func checkPlace(_ location: Configuration.Location, _ diagnosis: inout Diagnosis) {
    guard let folder = location.folder, let space = try? DiskSpace.at(folder) else { return }
    diagnosis.note("room", "\(Wording.bytes(space.free)) free at '\(location.name)'")
    guard configuration.sharesDataDisk(location) else { return }
    diagnosis.warn(
      .locationOnDataDisk, location.name,
      "location '\(location.name)' is on the disk of CouchDB's data: it is lost with it, and can fill it",
      remedy: "put it on another disk, and have another location off-site")
  }
}
