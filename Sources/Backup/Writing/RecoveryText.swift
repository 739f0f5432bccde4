import Deployments
import SystemPackage

/// `/akiba/RECOVERY.md`: how to bring this deployment back, with its own names and paths, also without Akiba.
enum RecoveryText {
  static func render(deployment: Deployment, manifest: Manifest, repositories: [String]) -> String {
    let nodes = manifest.nodes
    let facts = manifest.facts
    return """
      # Bring back '\(deployment.name)'

      This snapshot shows the deployment as it was at \(facts.frozen) on host '\(facts.host)'.
      \(facts.trusted ? "" : "\n**This backup found something wrong. Read `findings` in `manifest.json` before you use it.**\n")
      | part | in this snapshot | was on the host at |
      |---|---|---|
      \(rows(deployment, nodes).map { "| \($0) | `\($1)` | `\($2)` |" }.joined(separator: "\n"))

      ## 1. Get the files out

      With Akiba:

      ```shell
      akiba restore latest --repository \(repositories.first ?? "FOLDER") --key-file KEYFILE --to /srv/restored
      akiba verify --restored /srv/restored
      ```

      With stock restic alone (KEYFILE is the working key or the recovery key; both are password files):

      ```shell
      restic --repo \(repositories.first ?? "FOLDER") --password-file KEYFILE restore latest --target /srv/restored
      cd /srv/restored/akiba && sha256sum --quiet --check SHA256SUMS
      ```

      ## 2. Before CouchDB is started on them

      - Use the same CouchDB version or a newer one. An older one wipes the shard map and shows no databases.
      - Use the same node name: \(nodes.map { "`\($0.name)`" }.joined(separator: ", ")).
      - Move the old data folder aside. Never copy over it: leftovers bring deleted documents back.
      - The data folder belongs to user and group 5984: `chown -R 5984:5984 FOLDER`.
      - The data folder, the `local.d` folder and `.env` belong together: password, secret and uuid have to be of one time.

      ## 3. Put them back

      \(steps(deployment, nodes).enumerated().map { "\($0 + 1). \($1)" }.joined(separator: "\n"))

      Then start CHT with `docker compose up --detach` in the folder of the upgrade service. `docker compose restart` does not read a restored `.env`.

      """
  }

  private static func rows(_ deployment: Deployment, _ nodes: [Manifest.Node]) -> [(String, String, String)] {
    let data = zip(deployment.nodes, nodes).flatMap { source, node in
      [("CouchDB data of \(node.name)", SnapshotLayout.dataFolder(node: node.name), source.dataFolder.string)]
        + (source.localD.map { [("its credentials", SnapshotLayout.localD(node: node.name), $0.string)] } ?? [])
    }
    return data + deployment.folders.map { ($0.place.rawValue, $0.snapshotPath, $0.source.string) }
  }

  private static func steps(_ deployment: Deployment, _ nodes: [Manifest.Node]) -> [String] {
    ["Stop the upgrade service first, then the other containers."]
      + rows(deployment, nodes).map { "`\($1)` → `\($2)`" }
  }
}
