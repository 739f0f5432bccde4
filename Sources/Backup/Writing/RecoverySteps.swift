import Deployments
import Primitives
import SystemPackage

/// The commands of `RECOVERY.md` that put the parts of a snapshot back where they were, for a compose project whose upgrade service is known.
///
/// Parts may lie in one another: compose files and data below the folder of the upgrade service. So everything is moved aside before anything is
/// put in its place, and what contains others is put there before them.
struct RecoverySteps {
  private struct Part {
    let place: String
    let source: FilePath
    let isCouchDBs: Bool
  }

  private let project: String
  private let upgradeService: FilePath
  /// Where the snapshot was restored to.
  private let restored: String
  private let neighbours: [String]
  private var folders: [Part] = []
  private var volumes: [(name: String, part: Part)] = []

  /// What is not in the snapshot is left out, so that what is on the host in its place stays.
  init(project: String, upgradeService: FilePath, manifest: Manifest, restored: String) {
    self.project = project
    self.upgradeService = upgradeService
    self.restored = restored
    neighbours = manifest.neighbours(of: upgradeService)
    for source in manifest.storedSources {
      let part = Part(place: source.place, source: FilePath(source.path), isCouchDBs: source.isCouchDBs)
      if let name = source.volume { volumes.append((name, part)) } else { folders.append(part) }
    }
    folders.sort { $0.source.components.count < $1.source.components.count }
  }

  // MARK: Text

  var texts: [String] {
    let service = upgradeService.string.asShellWord
    var steps = [
      command("Stop the upgrade service first, then CHT. On a new host there is nothing to stop.", stop),
      command(
        """
        Move what is there aside, then put the files in its place. Nothing is deleted: what was there is called `….before-restore`, and after a \
        second run `….before-restore.~1~`. A disk that is mounted at such a folder cannot be moved: mount it elsewhere first.
        """, ["(set -e"] + outermost.map(moveAside) + folders.flatMap(copy) + neighbours.flatMap(bringBack) + [")"]),
    ]
    if !volumes.isEmpty {
      let text =
        "The volumes. CouchDB's start script writes password, secret and uuid only where they are absent: replace the content as a whole."
      steps.append(command(text, ["(set -e"] + volumes.flatMap { fill($0.name, from: $0.part) } + [")"]))
    }
    steps += [
      command("Start CHT. `docker compose restart` would not read the restored `.env`.", ["(cd \(service) && docker compose up --detach)"]),
      "Compare: the counts of documents are in `manifest.json`, under `databases`.",
    ]
    return steps
  }

  private func command(_ text: String, _ lines: [String]) -> String {
    "\(text)\n\n   ```shell\n\(lines.map { "   \($0)" }.joined(separator: "\n"))\n   ```\n"
  }

  /// By label: that needs no compose file, and none may be there any more.
  private var stop: [String] {
    let filters = ["com.docker.compose.project.working_dir=\(upgradeService)", "com.docker.compose.project=\(project)"]
    return filters.map { "docker ps --quiet --filter \("label=\($0)".asShellWord) | xargs --no-run-if-empty docker stop" }
  }

  // MARK: Folders

  /// What lies in none of the others: these take the rest along when they are moved.
  private var outermost: [FilePath] {
    var moved: [FilePath] = []
    for part in folders where !moved.contains(where: part.source.starts) { moved.append(part.source) }
    return moved
  }

  private func aside(_ path: FilePath) -> String { "\(path).before-restore" }

  private func moveAside(_ path: FilePath) -> String {
    let target = path.string.asShellWord
    let moving = "mv --backup=numbered --no-target-directory \(target) \(aside(path).asShellWord)"
    return "[ ! -e \(target) ] && [ ! -L \(target) ] || \(moving)"
  }

  /// Into the folder if another part made it, as its parent, by then.
  private func copy(_ part: Part) -> [String] {
    let target = part.source.string.asShellWord
    let above = part.source.removingLastComponent().string.asShellWord
    return ["mkdir -p \(above)", "cp --archive --no-target-directory \(source(part)) \(target)"] + own(part, target)
  }

  /// What lay beside the installation's folders is none of it and goes back.
  private func bringBack(_ name: String) -> [String] {
    guard outermost.contains(upgradeService) else { return [] }
    let from = "\(aside(upgradeService))/\(name)".asShellWord
    let target = upgradeService.appending(name).string.asShellWord
    return ["[ ! -e \(from) ] || [ -e \(target) ] || mv --no-target-directory \(from) \(target)"]
  }

  private func source(_ part: Part) -> String { "\(restored)/\(part.place)".asShellWord }

  private func own(_ part: Part, _ target: String) -> [String] {
    part.isCouchDBs ? ["chown -R \(Manifest.Source.couchDBUser):\(Manifest.Source.couchDBUser) \(target)"] : []
  }

  // MARK: Volumes

  /// The labels are Compose's: it warns of a volume that it did not make itself.
  private func fill(_ volume: String, from part: Part) -> [String] {
    let name = volume.asShellWord
    let short = volume.hasPrefix("\(project)_") ? String(volume.dropFirst(project.count + 1)) : volume
    let labels = ["com.docker.compose.project=\(project)", "com.docker.compose.volume=\(short)"]
    return [
      "docker volume create \(labels.map { "--label \($0.asShellWord)" }.joined(separator: " ")) \(name)",
      "folder=$(docker volume inspect --format '{{.Mountpoint}}' \(name))",
      "mv --backup=numbered --no-target-directory \"$folder\" \"$folder.before-restore\"",
      "cp --archive --no-target-directory \(source(part)) \"$folder\"",
    ] + own(part, "\"$folder\"")
  }
}
