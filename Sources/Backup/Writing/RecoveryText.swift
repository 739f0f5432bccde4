import Deployments
import SystemPackage

/// `/akiba/RECOVERY.md`: how to bring this deployment back, with its own names, versions and paths, also without Akiba.
struct RecoveryText {
  let deployment: Deployment
  let manifest: Manifest
  let repositories: [String]

  /// Where the commands put the restored files.
  private static let restored = "/srv/restored"

  func render() -> String {
    """
    # Bring back '\(deployment.name)'

    This snapshot shows the deployment as it was at \(manifest.facts.frozen) on host '\(manifest.facts.host)'.
    \(manifest.facts.trusted ? "" : "\n**This backup found something wrong. Read `findings` in `manifest.json` before you use it.**\n")
    | part | in this snapshot | was on the host at |
    |---|---|---|
    \(rows.map { "| \($0.part) | `\($0.place)` | `\($0.source)` |" }.joined(separator: "\n"))

    \(installation)## 1. Get the files out

    With Akiba:

    ```shell
    akiba restore latest --repository \(repository) --key-file KEYFILE --to \(Self.restored)
    akiba verify --restored \(Self.restored)
    ```

    With stock restic alone (KEYFILE is the working key or the recovery key; both are password files):

    ```shell
    restic --repo \(repository) --password-file KEYFILE restore latest --target \(Self.restored)
    cd \(Self.restored)/akiba && sha256sum --quiet --check SHA256SUMS
    ```

    ## 2. Before CouchDB is started on them

    - Use the same CouchDB version or a newer one\(manifest.installation?.couchDBVersion.map { " than \($0)" } ?? ""). An older one wipes the shard map and shows no databases.
    - Use the same node name: \(manifest.nodes.map { "`\($0.name)`" }.joined(separator: ", ")).
    - Move the old data folder aside. Never copy over it: leftovers bring deleted documents back.
    - The data folder belongs to user and group 5984.
    - The data folder, the `local.d` folder and `.env` belong together: password, secret and uuid have to be of one time.
    - The certificate belongs to them: without it nginx makes a new self-signed one, and the Android app and browsers refuse to sync.

    ## 3. Put them back

    \(steps.enumerated().map { "\($0 + 1). \($1)" }.joined(separator: "\n"))

    """
  }

  private var repository: String { repositories.first.map(Shell.quoted) ?? "FOLDER" }

  // MARK: Parts

  private struct Row {
    let part: String
    let place: String
    let source: String
  }

  private var rows: [Row] {
    let nodes = zip(deployment.nodes, manifest.nodes).flatMap { source, node in
      [Row(part: "CouchDB data of \(node.name)", place: SnapshotLayout.dataFolder(node: node.name), source: source.dataFolder.string)]
        + (source.localD.map { [Row(part: "its credentials", place: SnapshotLayout.localD(node: node.name), source: $0.string)] } ?? [])
        + (source.localINI.map { [Row(part: "its settings", place: SnapshotLayout.localINI(node: node.name), source: $0.string)] } ?? [])
    }
    return nodes + deployment.folders.map { Row(part: $0.place.rawValue, place: $0.snapshotPath, source: $0.source.string) }
  }

  /// What it was made of: needed to get the same images.
  private var installation: String {
    guard let installation = manifest.installation else { return "" }
    var lines = ["It was: \(installation.kind.name)" + (installation.project.map { ", compose project `\($0)`" } ?? "") + "."]
    if let version = installation.chtVersion { lines.append("CHT \(version).") }
    if let version = installation.couchDBVersion { lines.append("CouchDB \(version).") }
    if let certificate = installation.certificate { lines.append("Certificate of \(certificate.subject), until \(certificate.notAfter).") }
    if !installation.notLearned.isEmpty { lines.append("Not known: \(installation.notLearned.joined(separator: "; ")).") }
    let images = installation.services.map { "| \($0.service) | `\($0.image)` | `\($0.digest ?? "")` |" }
    let table = images.isEmpty ? "" : "\n| service | image | digest |\n|---|---|---|\n\(images.joined(separator: "\n"))\n"
    return lines.joined(separator: " ") + "\n\(table)\n"
  }

  // MARK: Steps

  private var steps: [String] {
    guard let installation = manifest.installation, let project = installation.project, let service = folder(.upgradeService) else {
      return ["Stop the upgrade service first, then the other containers."] + rows.map { "`\($0.place)` → `\($0.source)`" } + [
        "Start CHT with `docker compose up --detach` in the folder of the upgrade service. `docker compose restart` does not read a restored `.env`."
      ]
    }
    let up = Shell.quoted(service.string)
    return [
      command("Stop the upgrade service first, then CHT. On a new host there is nothing to stop.") {
        [
          "(cd \(up) && docker compose stop)",
          "docker ps --quiet --filter label=com.docker.compose.project=\(Shell.quoted(project)) | xargs --no-run-if-empty docker stop",
        ]
      },
      command("Move what is there aside, and put the files in its place. Repeat for each row of the table above that is not a volume.") {
        rows.filter { !isVolume($0.source) }.flatMap(replace)
      },
      command(
        "The volumes. CouchDB's start script writes password, secret and uuid only where they are absent: replace the content as a whole."
      ) {
        rows.compactMap { row in volume(at: row.source).map { (row, $0) } }.flatMap { row, volume in fill(volume, from: row, project) }
      },
      command("Start CHT. `docker compose restart` would not read the restored `.env`.") { ["(cd \(up) && docker compose up --detach)"] },
      "Compare: the counts of documents are in `manifest.json`, under `databases`.",
    ]
  }

  private func folder(_ place: CapturedFolder.Place) -> FilePath? { deployment.folders.first { $0.place == place }?.source }

  private func command(_ text: String, _ lines: () -> [String]) -> String {
    "\(text)\n\n   ```shell\n\(lines().map { "   \($0)" }.joined(separator: "\n"))\n   ```\n"
  }

  private func replace(_ row: Row) -> [String] {
    let target = Shell.quoted(row.source)
    let source = Shell.quoted("\(Self.restored)/\(row.place)")
    let above = Shell.quoted(FilePath(row.source).removingLastComponent().string)
    let owner = row.place.hasSuffix("/data") ? ["chown -R 5984:5984 \(target)"] : []
    return [
      "[ ! -e \(target) ] || mv --no-target-directory \(target) \(target).before-restore",
      "mkdir -p \(above) && cp --archive \(source) \(target)",
    ] + owner
  }

  private func volume(at path: String) -> Installation.Volume? { manifest.installation?.volumes.first { $0.mountpoint == path } }

  private func isVolume(_ path: String) -> Bool { volume(at: path) != nil }

  private func fill(_ volume: Installation.Volume, from row: Row, _ project: String) -> [String] {
    let name = Shell.quoted(volume.name)
    let short = volume.name.hasPrefix("\(project)_") ? String(volume.name.dropFirst(project.count + 1)) : volume.name
    return [
      "docker volume create --label com.docker.compose.project=\(Shell.quoted(project)) --label com.docker.compose.volume=\(Shell.quoted(short)) \(name)",
      "folder=$(docker volume inspect --format '{{.Mountpoint}}' \(name))",
      "mv --no-target-directory \"$folder\" \"$folder.before-restore\" && cp --archive \(Shell.quoted("\(Self.restored)/\(row.place)")) \"$folder\"",
    ]
  }
}

/// Words of a command line.
enum Shell {
  /// As one word, whatever is in it.
  static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      case UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "@"), UInt8(ascii: ":"): true
      default: false
      }
    }
    return isPlain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
  }
}
