/// A way in which CHT is hosted: what the person who set the host up chose, and what went wrong there.
package struct CHTLayout: Sendable {
  package enum Compose: Sendable {
    /// Names as `cht_nginx_1`.
    case v1
    /// Names as `cht-nginx-1`.
    case v5
  }

  package enum Data: Sendable {
    /// `COUCHDB_DATA` names a folder: the guide's way.
    case folder
    /// The folder that `COUCHDB_DATA` names is a link to one on another disk.
    case link
    /// `COUCHDB_DATA` is not set: the data are in `/docker-compose/srv` of the host.
    case unset
    /// `COUCHDB_DATA` names a volume.
    case volume
    /// Three nodes, with `DB1_DATA` to `DB3_DATA`. Only the first has the credentials volume.
    case cluster
  }

  package enum Certificate: String, Sendable {
    case selfSigned = "SELF_SIGNED"
    /// nginx finds no pair in the ssl volume, ends, and is started again without end.
    case missing = "OWN_CERT"
    /// As `missing`, but for another reason, with a pair in the volume.
    case unknownMode = "NO_SUCH_MODE"
  }

  package enum Nginx: Sendable {
    case running, stopped, removed
  }

  package let name: String
  package var project = "cht"
  package var compose = Compose.v5
  package var version = CHTVersion.v5
  package var data = Data.folder
  package var certificate = Certificate.selfSigned
  package var nginx = Nginx.running
  /// Whether another project has the ports and names of the guide on this host.
  package var isSecond = false
  /// Whether `.env` was edited since the containers were made: `COUCHDB_DATA` names another folder than theirs.
  package var isEnvironmentEdited = false
  /// Whether `COUCHDB_SECRET` and `COUCHDB_UUID` are set. If not, they exist in the credentials volume only.
  package var hasSecretInEnvironment = true
  /// Whether only what discovery looks at is up: CouchDB, api and nginx, and no services of the hoster's own. Saves half of the time.
  package var isSmall = false

  package var httpPort: Int { isSecond ? 8080 : 80 }
  package var httpsPort: Int { isSecond ? 8443 : 443 }
  package var services: [String] {
    let nodes = data == .cluster ? ["couchdb-1.local", "couchdb-2.local", "couchdb-3.local"] : ["couchdb"]
    if isSmall { return ["api", "nginx"] + nodes }
    return ["haproxy", "api", "sentinel", "nginx"] + nodes + [version.isFive ? "nouveau" : "healthcheck"]
  }
}

extension CHTLayout {
  package static let guide = CHTLayout(name: "guide")
  package static let small = CHTLayout(name: "guide, small", isSmall: true)
  package static let composeV1 = CHTLayout(name: "Compose v1", compose: .v1, version: .v4)
  package static let clinic = CHTLayout(name: "another project name", project: "clinic", isSmall: true)
  /// To stand beside `guide` on the same host. They share the network `cht-net`.
  package static let second = CHTLayout(name: "second project", project: "cht2", isSecond: true, isSmall: true)
  package static let cluster = CHTLayout(name: "cluster", data: .cluster)
  package static let stoppedNginx = CHTLayout(name: "nginx stopped", nginx: .stopped, isSmall: true)
  package static let crashLoopingNginx = CHTLayout(name: "nginx crash-looping, no pair", certificate: .missing, isSmall: true)
  package static let crashLoopingNginxWithPair = CHTLayout(name: "nginx crash-looping", certificate: .unknownMode, isSmall: true)
  package static let removedNginx = CHTLayout(name: "nginx removed", nginx: .removed, isSmall: true)
  package static let unsetData = CHTLayout(name: "COUCHDB_DATA unset", data: .unset, hasSecretInEnvironment: false, isSmall: true)
  package static let environmentDiffers = CHTLayout(name: ".env edited", isEnvironmentEdited: true, isSmall: true)
  package static let namedVolumeData = CHTLayout(name: "data in a volume", data: .volume, isSmall: true)
  package static let symlinkedData = CHTLayout(name: "data behind a link", data: .link, isSmall: true)

  /// All that a host can hold by itself.
  package static let all = [
    guide, small, composeV1, clinic, second, cluster, stoppedNginx, crashLoopingNginx, crashLoopingNginxWithPair, removedNginx, unsetData,
    environmentDiffers, namedVolumeData, symlinkedData,
  ]
}
