import Deployments
import SystemPackage

/// The configuration that `akiba init` writes: every setting there is, each with its reason.
struct ConfigurationText {
  let name: String
  let nodes: [CouchNodeSource]
  let folders: [CapturedFolder]
  let keyFile: FilePath
  let locations: [Configuration.Location]

  func render() -> String {
    """
    # Akiba: what is backed up, and where to. `akiba backup --config FILE` reads it.
    # This file holds no secret. The key file does.

    # The deployment's name, as it appears in snapshots.
    deployment: \(quoted(name))

    # One entry for each CouchDB node; all nodes of a cluster belong here.
    #   data:    the folder mounted as /opt/couchdb/data (COUCHDB_DATA in CHT's .env)
    #   local-d: the credentials volume, mounted as /opt/couchdb/etc/local.d. Password, secret and uuid are only there.
    #   name:    the Erlang node name; found out from the shard map if left out
    nodes:
    \(nodes.map(node).joined())
    # What else is stored, byte for byte. All may be left out.
    #   compose, upgrade-service: CHT's compose files and .env
    #   tls:                      the ssl volume, with cert.pem and key.pem
    #   extra:                    a list of more folders or files
    files:
    \(CapturedFolder.Place.allCases.map(place).joined())
    # View indexes: keep (a restored server answers at once) or leave-out (smaller; CouchDB builds them anew, for hours).
    indexes: keep

    # Databases that others consume, frozen after all others and in this order.
    freeze-last: [\(Deployment.defaultFreezeLast.joined(separator: ", "))]

    # The working key: a password file that stock restic reads too. Whoever has it can read the backups.
    key-file: \(quoted(keyFile.string))

    # Where snapshots are kept. Three copies, on two kinds of media, one off-site.
    locations:
    \(locations.map { "  - name: \(quoted($0.name))\n    path: \(quoted($0.folder.string))\n" }.joined())
    """
  }

  private func node(_ node: CouchNodeSource) -> String {
    "  - data: \(quoted(node.dataFolder.string))\n"
      + (node.localD.map { "    local-d: \(quoted($0.string))\n" } ?? "    # local-d: /var/lib/docker/volumes/cht_cht-credentials/_data\n")
      + (node.name.map { "    name: \(quoted($0))\n" } ?? "")
  }

  private func place(_ place: CapturedFolder.Place) -> String {
    let sources = folders.filter { $0.place == place }.map { quoted($0.source.string) }
    if place == .extra { return "  extra: [\(sources.joined(separator: ", "))]\n" }
    return sources.first.map { "  \(place.rawValue): \($0)\n" } ?? "  # \(place.rawValue): FOLDER\n"
  }

  /// YAML's double quotes are JSON's: safe for any path.
  private func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    let isWord = text.utf8.first.map { $0 == UInt8(ascii: "/") || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) } ?? false
    let reserved: Set = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
    if plain, isWord, !reserved.contains(text.lowercased()) { return text }
    return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}
