import Deployments
import SystemPackage

/// The configuration that `akiba init` writes: every setting there is, each with its reason.
struct ConfigurationText {
  let found: FoundDeployment
  let keyFile: FilePath
  let locations: [Configuration.Location]
  let stateFolder: FilePath

  func render() -> String {
    """
    # Akiba: what is backed up, and where to. `akiba backup --config FILE` reads it.
    # This file holds no secret. The key file does.

    # The deployment's name, as it appears in snapshots.
    deployment: \(quoted(found.name))

    # What it is: \(Installation.Kind.allCases.map { "\($0.rawValue) (\($0.name))" }.joined(separator: ", ")).
    kind: \(found.installation.kind.rawValue)

    \(docker)
    # One entry for each CouchDB node; all nodes of a cluster belong here.
    #   data:    the folder mounted as /opt/couchdb/data (COUCHDB_DATA in CHT's .env)
    #   local-d: the credentials volume, mounted as /opt/couchdb/etc/local.d. Password, secret and uuid are only there.
    #   local-ini: the settings file of a CHT 3.x server
    #   name:    the Erlang node name; found out from the shard map if left out
    nodes:
    \(found.nodes.map(node).joined())
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

    # What this host remembers of its locations: when each was seen, what was proven. Losing it costs no data.
    state: \(quoted(stateFolder.string))

    # Drills: a folder with room for all of it (default: the state folder), a CouchDB program where there is no engine, where the recovery key is.
    # drill:
    #   scratch: /srv/scratch
    #   couchdb: /opt/couchdb/bin/couchdb
    #   recovery-key: /etc/akiba/recovery.key

    # Where snapshots are kept. Three copies, on two kinds of media, one off-site.
    #   path | sftp | s3 | rest: a folder, user@host:/folder, https://host/bucket/prefix, https://host:8000/folder/
    #   medium, site, off-site:  what it is on, where it stands, whether it outlives a fire here; 'akiba status' counts them
    #   removable, back-within:  a drive that is carried away, and how long it may be: 7 days
    #   bandwidth, patience:     sftp, s3, rest: at most so much: 2 MB/s; tried again for so long: 2 minutes
    #   credentials, ca:         s3, rest: a file with the keys or the password, and with certificates to trust
    #   drill-within:            how long a drill of it counts: 35 days
    #   region, addressing:      s3: if it wants them; addressing is path or host.   ssh-config: sftp: instead of this user's
    locations:
    \(locations.map { LocationText(location: $0).render() }.joined())
    """
  }

  /// A backup works without it; with it, the manifest knows versions and states, and a moved data folder is noticed.
  private var docker: String {
    let reason = "# The compose project and the engine to ask about it. A backup works without them, from the paths below.\n"
    guard let project = found.installation.project, let engine = found.installation.engine else {
      return reason + "# docker:\n#   project: cht\n#   engine: unix:///var/run/docker.sock\n"
    }
    return reason + "docker:\n  project: \(quoted(project))\n  engine: \(quoted(engine.endpoint))\n"
  }

  private func node(_ node: CouchNodeSource) -> String {
    reason(node.dataFolder) + "  - data: \(quoted(node.dataFolder.string))\n"
      + (node.localD.map { reason($0, indent: 4) + "    local-d: \(quoted($0.string))\n" }
        ?? "    # local-d: /var/lib/docker/volumes/cht_cht-credentials/_data\n")
      + (node.localINI.map { "    local-ini: \(quoted($0.string))\n" } ?? "")
      + (node.name.map { "    name: \(quoted($0))\n" } ?? "")
  }

  private func place(_ place: CapturedFolder.Place) -> String {
    let sources = found.folders.filter { $0.place == place }.map(\.source)
    guard place == .extra else {
      return sources.first.map { reason($0) + "  \(place.rawValue): \(quoted($0.string))\n" } ?? "  # \(place.rawValue): FOLDER\n"
    }
    if sources.isEmpty { return "  extra: []\n" }
    return "  extra:\n" + sources.map { reason($0, indent: 4) + "    - \(quoted($0.string))\n" }.joined()
  }

  /// Why it is there, as a comment above it.
  private func reason(_ path: FilePath, indent: Int = 2) -> String {
    guard let part = found.installation.parts.first(where: { $0.path == path.string }) else { return "" }
    // A name with a line break must not end the comment, and YAML refuses some characters even there.
    let text = part.because.unicodeScalars.map { $0.isShown ? String($0) : " " }.joined()
    return "\(String(repeating: " ", count: indent))# \(text)\n"
  }

  private func quoted(_ text: String) -> String { text.asYAML }
}

extension String {
  /// As a YAML scalar that is read back as this text: plain where it is plainly a word or a path, else in double quotes.
  var asYAML: String {
    let plain = utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
        true
      default: false
      }
    }
    let isWord = utf8.first.map { $0 == UInt8(ascii: "/") || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) } ?? false
    let reserved: Set = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
    if plain, isWord, !reserved.contains(lowercased()) { return self }
    return "\"" + escapedForYAML + "\""
  }

  /// Between YAML's double quotes.
  var escapedForYAML: String { unicodeScalars.map(\.escaped).joined() }
}

extension Unicode.Scalar {
  /// Not a control, a line break or anything else that YAML folds, refuses or drops.
  fileprivate var isShown: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }

  /// Inside YAML's double quotes.
  fileprivate var escaped: String {
    switch self {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case _ where isShown: return String(self)
    default:
      let digits = String(value, radix: 16, uppercase: true)
      return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    }
  }
}
