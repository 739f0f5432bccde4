import ArgumentParser
import Recovery
import SystemPackage

/// `restore --deployment`: where to, and what may be done.
struct BringBackOptions: ParsableArguments {
  static let stateFolder = FilePath("/var/lib/akiba")

  @Flag(
    name: .customLong("deployment"),
    help:
      "Bring the whole deployment back: restore beside, prove, stop CHT, move what is there aside, switch, start, and look whether it runs."
  )
  var isWanted = false

  @Flag(help: "Move what is there aside: files of this deployment or another, and a project of the same name. Nothing is deleted.")
  var replace = false

  @Option(help: ArgumentHelp("A folder that goes elsewhere; in '.env' as well. May be repeated.", valueName: "old=new"))
  var move: [String] = []

  @Option(help: ArgumentHelp("Another name for the compose project.", valueName: "name"))
  var project: String?

  @Option(help: ArgumentHelp("Another name for a CouchDB node: the shard map is rewritten. May be repeated.", valueName: "old=new"))
  var node: [String] = []

  @Flag(
    help:
      "Let programs that copy CHT's data elsewhere (cht-sync, couch2pg) read all of it again: those know a later state than the snapshot.")
  var newIdentities = false

  @Flag(help: "Take a snapshot whose backup found something missing or older than before ('akiba snapshots' says MARKED).")
  var acceptMarked = false

  @Option(help: ArgumentHelp("Where the snapshot is restored to first (default: beside the data).", valueName: "folder"))
  var staging: String?

  @Option(help: ArgumentHelp("What tells a second run how far the first came (default: \(stateFolder)).", valueName: "folder"))
  var state: String?

  @Flag(
    help:
      "Go back to what was there before a restore that is not finished, and start it, as long as CHT was not started on what was restored.")
  var rollBack = false

  /// Going back is nothing else.
  var isBringingBack: Bool { isWanted || rollBack }

  var stateFolder: FilePath { state.map { Environment.absolute($0) } ?? Self.stateFolder }

  func validate() throws {
    for pair in move + node where !pair.contains("=") || pair.hasPrefix("=") || pair.hasSuffix("=") {
      throw ValidationError("'\(pair)' is not OLD=NEW")
    }
    for pair in move.flatMap({ $0.split(separator: "=", maxSplits: 1) }) where !pair.hasPrefix("/") {
      throw ValidationError("'\(pair)' in --move is not an absolute path")
    }
    if !isBringingBack,
      replace || !move.isEmpty || project != nil || !node.isEmpty || newIdentities || acceptMarked || staging != nil
    {
      throw ValidationError(
        "--replace, --move, --project, --node, --new-identities, --accept-marked and --staging belong to --deployment: add it")
    }
  }

  func wishes(acceptsUnproven: Bool) -> BringBackWishes {
    var wishes = BringBackWishes()
    wishes.mapping = Mapping(folders: Self.pairs(move).map { (FilePath($0), FilePath($1)) }, project: project)
    wishes.replaces = replace
    wishes.acceptsMarked = acceptMarked
    wishes.acceptsUnproven = acceptsUnproven
    wishes.staging = staging.map { Environment.absolute($0) }
    wishes.nodes = Self.pairs(node).map { BringBackPlan.NodeRename(from: $0, to: $1) }
    wishes.renewsIdentities = newIdentities
    return wishes
  }

  private static func pairs(_ texts: [String]) -> [(String, String)] {
    texts.map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      return (parts[0], parts[1])
    }
  }
}
