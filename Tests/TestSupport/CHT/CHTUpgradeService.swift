/// The upgrade service's own folder: its compose file and `.env`.
struct CHTUpgradeService {
  let layout: CHTLayout

  /// Only variables that this file names reach CHT's containers.
  var composeFile: String {
    """
    \(layout.version.isFive ? "" : "version: '3.9'\n\n")services:
      cht-upgrade-service:
        restart: always
        image: \(CHTVersion.upgradeServiceImage)
        volumes:
          - /var/run/docker.sock:/var/run/docker.sock
          - ${DOCKER_CONFIG_PATH}:/config
          - ${CHT_COMPOSE_PATH}:/docker-compose
        networks:
          - cht-net
        environment:
    \(Self.variables.map { "      - \($0)" }.joined(separator: "\n"))
          - DOCKER_CONFIG=/config
          - CHT_COMPOSE_PROJECT_NAME=${CHT_COMPOSE_PROJECT_NAME:-cht}

    networks:
      cht-net:
        name: ${CHT_NETWORK:-cht-net}

    """
  }

  private static let variables = [
    "COUCHDB_USER", "COUCHDB_PASSWORD", "COUCHDB_SECRET", "COUCHDB_UUID", "COUCHDB_DATA", "DB1_DATA", "DB2_DATA", "DB3_DATA",
    "COUCHDB_SERVERS", "CLUSTER_PEER_IPS", "SVC_NAME", "SVC1_NAME", "SVC2_NAME", "SVC3_NAME", "COUCHDB_LOG_LEVEL", "MARKET_URL_READ",
    "BUILDS_SERVER", "NGINX_HTTP_PORT", "NGINX_HTTPS_PORT", "CERTIFICATE_MODE", "SSL_VOLUME_MOUNT_PATH", "SSL_CERT_FILE_PATH",
    "SSL_KEY_FILE_PATH", "COMMON_NAME", "EMAIL", "COUNTRY", "STATE", "LOCALITY", "ORGANISATION", "DEPARTMENT", "CHT_NETWORK",
    "HEALTHCHECK_LOG_LEVEL", "DOCKER_HOST",
  ]

  /// - Parameter data: folders of the nodes, or the name of the volume; empty if `COUCHDB_DATA` is not to be set.
  func environmentFile(folders: CHTInstallation.Folders, data: [String], secrets: CHTInstallation.Planted) -> String {
    var lines = [
      "# written by hand, see https://docs.communityhealthtoolkit.org/hosting/",
      "CHT_COMPOSE_PROJECT_NAME=\(layout.project)",
      "DOCKER_CONFIG_PATH=\(folders.upgradeService)",
      "CHT_COMPOSE_PATH=\(folders.compose)",
      "COUCHDB_USER=medic",
      "# the old one: COUCHDB_PASSWORD=\(secrets.oldPassword)",
      "COUCHDB_PASSWORD=\(secrets.password)",
      "CERTIFICATE_MODE=\(layout.certificate.rawValue)",
      "COMMON_NAME=\(layout.project).example.org",
      "NGINX_HTTP_PORT=\(layout.httpPort)",
      "NGINX_HTTPS_PORT=\(layout.httpsPort)",
    ]
    if layout.hasSecretInEnvironment { lines += ["COUCHDB_SECRET=\(secrets.secret)", "COUCHDB_UUID=\(secrets.uuid)"] }
    if layout.data == .cluster {
      lines += ["COUCHDB_SERVERS=couchdb-1.local,couchdb-2.local,couchdb-3.local"]
      lines += data.enumerated().map { "DB\($0 + 1)_DATA=\($1)" }
    } else if let place = data.first {
      lines.append("COUCHDB_DATA=\(place)")
    }
    // Two folders of one name would be one project.
    if layout.isSecond { lines.append("COMPOSE_PROJECT_NAME=\(layout.project)-upgrade-service") }
    return lines.joined(separator: "\n") + "\n"
  }
}
