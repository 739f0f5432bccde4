import CouchFormat
import Deployments
import Files
import Primitives
import Recovery
import ResticFormat
import SystemPackage

/// How one restored shard is put where CouchDB looks for it.
struct ShardPlacing {
  let found: ShardChoice.Found
  /// The folder it was restored to.
  let restored: FilePath
  /// CouchDB's data folder on the host.
  let dataFolder: FilePath
  /// Part of the name of what was there.
  let stamp: String

  func show(on console: Console) {
    console.showSteps(
      .placeShard, "next, to put shard \(found.shard.range) of '\(found.shard.database)' in its place, as root:", [commands])
    console.say("  CouchDB builds the shard's indexes anew. Then prove all of it: akiba verify --data \(dataFolder.string.asShellWord)")
    console.say(
      "  '\(dataFolder)' is where the data was at the backup. The shard goes back in time: who reads the changes of "
        + "'\(found.shard.database)' (sentinel, cht-sync) hears nothing of it until it is further than it was")
  }

  /// One line that stops where a step fails: a file is never exchanged under a CouchDB that runs.
  private var commands: String {
    let container = CouchContainer(dataFolder: dataFolder)
    let owner = Manifest.Source.couchDBUser
    let live = dataFolder.appending(found.shard.path).string
    let file = live.asShellWord
    let kept = "\(live).before-restore-\(stamp)".asShellWord
    let new = "\(live).new".asShellWord
    // `…_design/mrview`: the whole of it goes.
    let indexes = dataFolder.appending(found.shard.indexFolder).removingLastComponent().string.asShellWord
    return [
      "couchdb=\(container.id)",
      "docker stop $couchdb",
      "{ test ! -e \(file) || mv \(file) \(kept); }",
      "rm -f \(file).compact*",
      "rm -rf \(indexes)",
      "install -D --owner=\(owner) --group=\(owner) --mode=0644 \(restored.appending(found.path).string.asShellWord) \(new)",
      "mv \(new) \(file)",
      "docker start $couchdb",
    ].joined(separator: " && \\\n")
  }
}

extension Environment {
  /// Now, as part of a file's name: `20260301T140500Z`.
  static var stamp: String {
    Timestamp(seconds: now.seconds, nanoseconds: 0).description.filter { $0.isNumber || $0 == "T" || $0 == "Z" }
  }
}
