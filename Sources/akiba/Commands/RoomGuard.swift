import Deployments
import Files
import Primitives

/// CouchDB damages its files when its disk is full: a backup that could fill it is not begun.
struct RoomGuard {
  /// Of the disk, in hundredths, and in bytes: the smaller one stays free.
  private static let share = 5
  private static let largestReserve = 1 << 30

  private let configuration: Configuration

  init(_ configuration: Configuration) { self.configuration = configuration }

  /// - Parameter bytes: what may be written to each location, before compression.
  func check(bytes: Int) throws {
    for location in configuration.locations {
      let space = try DiskSpace.at(location.folder)
      let sharesDisk = try configuration.deployment.nodes.contains { try DiskSpace.at($0.dataFolder).device == space.device }
      let reserve = min(space.total / 100 * Self.share, Self.largestReserve)
      guard sharesDisk, space.free - bytes < reserve else { continue }
      throw RoomError(
        summary:
          "location '\(location.name)' is on the disk of CouchDB's data, which has \(Wording.bytes(space.free)) free; this backup may take "
          + "\(Wording.bytes(bytes)), and a full disk damages CouchDB's files",
        hints: ["put the location on another disk", "free some space: at least \(Wording.bytes(reserve + bytes - space.free)) more"])
    }
  }
}

struct RoomError: Explainable {
  let summary: String
  let hints: [String]
}
