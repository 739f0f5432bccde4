import CouchFormat
import Files
import Primitives
import ResticFormat
import SystemPackage

/// Holds a plan against the live data folder: nothing that is there may be touched.
struct BesideCheck {
  /// A disk that is full damages CouchDB's files: so much of it stays free, in hundredths and in bytes, the smaller of both.
  private static let reserveShare = 5
  private static let largestReserve = 1 << 30

  let plan: BesidePlan
  let live: LiveDataFolder
  let restore: FileRestore

  /// - Returns: paths that an earlier run put in place, byte for byte what this one would.
  /// - Throws: `nodeName`, `alreadyThere` or `tooLittleSpace`.
  func run() throws -> Set<String> {
    guard live.node == plan.node else {
      throw RecoveryError(
        .nodeName, "'\(live.root)' belongs to node '\(live.node)', and database '\(plan.database)' of the snapshot to '\(plan.node)'",
        hints: [
          "CouchDB serves a shard only on the node that its map names",
          "name the data folder of '\(plan.node)' with --data, or restore to a folder with --to",
        ])
    }
    guard !live.databases.contains(plan.name.description) else {
      throw RecoveryError(
        .alreadyThere, "CouchDB has a database '\(plan.name)' already", hints: ["choose another name with --beside"])
    }
    let present = try presentFiles()
    try checkSpace(present)
    return present
  }

  private func presentFiles() throws -> Set<String> {
    var present: Set<String> = []
    for path in live.files(of: plan.name.description) {
      // What is not in the map, has a name of this plan and every byte of it can only be from an earlier run.
      guard let file = plan.files.first(where: { $0.path == path }), try restore.isWhole(file.item.node, at: live.root.appending(path))
      else {
        throw RecoveryError(
          .alreadyThere, "'\(path)' is in '\(live.root)' already, and is not what this snapshot has of '\(plan.database)'",
          hints: [
            "choose another name with --beside",
            "or, if an earlier run left it, remove it: no database '\(plan.name)' is known to CouchDB",
          ])
      }
      present.insert(path)
    }
    return present
  }

  private func checkSpace(_ present: Set<String>) throws {
    var wanted = 0
    for file in plan.files where !present.contains(file.path) {
      let part = FileRestore.partName(of: live.root.appending(file.path))
      wanted += max(0, Int(clamping: file.item.node.size) - (try FileMetadata.ifPresent(part, followingSymlinks: false)?.size ?? 0))
    }
    let space = try DiskSpace.at(live.root.appending("shards"))
    let reserve = min(space.total / 100 * Self.reserveShare, Self.largestReserve)
    guard wanted == 0 || wanted <= space.free - reserve else {
      throw RecoveryError(
        .tooLittleSpace,
        "'\(plan.name)' needs \(wanted >> 20) MiB beside \(reserve >> 20) MiB that have to stay free, and the disk of '\(live.root)' has "
          + "\(space.free >> 20) MiB: a full disk damages CouchDB's files",
        hints: ["free some space on it", "or restore to a folder on another disk: --database '\(plan.database)' --to FOLDER"])
    }
  }
}
