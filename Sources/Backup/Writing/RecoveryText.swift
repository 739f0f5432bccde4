import Deployments
import Primitives
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
    \(manifest.sources.map { "| \($0.name) | `\($0.place)` | `\($0.path)` |" }.joined(separator: "\n"))

    \(installation)## 1. Get the files out

    \(getting)

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

  /// An export is in no repository: another tool has it.
  private var getting: String {
    guard !repositories.isEmpty else {
      return """
        With the tool that keeps this tree, to \(Self.restored), then prove it:

        ```shell
        akiba verify --restored \(Self.restored)
        ```

        Without Akiba:

        ```shell
        cd \(Self.restored)/akiba && sha256sum --quiet --check SHA256SUMS
        ```
        """
    }
    return """
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
      """
  }

  private var repository: String { repositories.first.map(\.asShellWord) ?? "FOLDER" }

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
    let service = deployment.folders.first { $0.place == .upgradeService }?.source
    guard let project = manifest.installation?.project, let service else {
      return ["Stop the upgrade service first, then the other containers."] + manifest.sources.map { "`\($0.place)` → `\($0.path)`" } + [
        "Start CHT with `docker compose up --detach` in the folder of the upgrade service. `docker compose restart` does not read a restored `.env`."
      ]
    }
    return RecoverySteps(project: project, upgradeService: service, manifest: manifest, restored: Self.restored).texts
  }
}
