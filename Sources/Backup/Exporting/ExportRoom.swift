import Deployments
import Files
import SystemPackage

/// How much room an export takes, found out before anything is written.
struct ExportRoom {
  let frozen: FrozenDeployment
  let root: FilePath

  /// The most that is in use at once beyond what is now, in bytes: a file that is replaced is there twice until its successor is whole.
  func needed() throws -> Int {
    var now = 0
    var most = 0
    for node in frozen.nodes {
      let canShare = try canShare(node)
      for file in node.files.all.sorted(by: { $0.path < $1.path }) {
        if case .unchanged = file.source { continue }
        if file.isSameFile, let known = file.remembered {
          now += file.end - known.record.size
        } else {
          now += canShare ? 0 : file.end
          most = max(most, now)
          let path = root.appending("\(SnapshotLayout.dataFolder(node: node.name))/\(file.path)")
          now -= try FileMetadata.ifPresent(path, followingSymlinks: false)?.size ?? 0
        }
        most = max(most, now)
      }
    }
    return most
  }

  func check(_ needed: Int) throws {
    let free = try DiskSpace.at(root).free
    guard needed > free else { return }
    throw ExportError(
      .tooLittleSpace, "the export needs \(Self.megabytes(needed)) and '\(root)' has \(Self.megabytes(free)) free",
      hints: ["name a folder on a larger disk with --to", "'akiba export --tar' needs no room here"])
  }

  private static func megabytes(_ bytes: Int) -> String { "\((bytes + 999_999) / 1_000_000) MB" }

  /// Tried with the shard map, which every node has.
  private func canShare(_ node: FrozenNode) throws -> Bool {
    guard let source = try? HeldFile(opening: node.dataFolder.appending("_dbs.couch")) else { return false }
    return try ExportError.writing {
      let probe = try PartFile(creating: root.appending(".akiba-export-probe\(PartFile.suffix)"))
      defer { probe.discard() }
      return probe.clone(source)
    }
  }
}
