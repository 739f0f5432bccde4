import Deployments
import Files
import Primitives

/// CouchDB damages its files when its disk is full: a backup that could fill it is not begun.
struct RoomGuard {
  /// Of the disk, in hundredths, and in bytes: the smaller one stays free.
  private static let share = 5
  private static let largestReserve = 1 << 30

  private let deployment: Deployment
  private let locations: [Configuration.Location]

  /// - Parameter locations: those that are written to.
  init(_ deployment: Deployment, writingTo locations: [Configuration.Location]) {
    self.deployment = deployment
    self.locations = locations
  }

  /// What cannot be looked at is passed over: what is wrong with it shows when it is read or written.
  ///
  /// - Parameter bytes: what may be written to each location, before compression.
  func check(bytes: Int) throws {
    var written: [UInt64: [Configuration.Location]] = [:]
    for location in locations {
      if let folder = location.folder, let space = try? DiskSpace.at(folder) { written[space.device, default: []].append(location) }
    }
    for space in deployment.nodes.compactMap({ try? DiskSpace.at($0.dataFolder) }) {
      guard let sharing = written[space.device] else { continue }
      let (sum, isTooMuch) = bytes.multipliedReportingOverflow(by: sharing.count)
      try check(isTooMuch ? .max : sum, to: sharing, space)
    }
  }

  /// - Parameter bytes: of all these locations together.
  private func check(_ bytes: Int, to locations: [Configuration.Location], _ space: DiskSpace) throws {
    let reserve = min(space.total / 100 * Self.share, Self.largestReserve)
    guard space.free - bytes < reserve else { return }
    let names = locations.map { "'\($0.name)'" }.joined(separator: ", ")
    let missing = (reserve - space.free).addingReportingOverflow(bytes)
    throw RoomError(
      summary:
        "\(locations.count == 1 ? "location \(names) is" : "locations \(names) are") on the disk of CouchDB's data, which has "
        + "\(Wording.bytes(space.free)) free; this backup may take \(Wording.bytes(bytes)), and a full disk damages CouchDB's files",
      hints: [
        "put \(locations.count == 1 ? "the location" : "them") on another disk",
        "free some space: at least \(Wording.bytes(missing.overflow ? .max : missing.partialValue)) more",
      ])
  }
}

struct RoomError: Explainable {
  let summary: String
  let hints: [String]
}
