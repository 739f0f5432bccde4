/// Compose files with CHT's services, volumes, variables and defaults, as its builds have them.
struct CHTComposeFiles {
  let layout: CHTLayout
  /// Podman has no log driver `local`.
  let hasLocalLogs: Bool

  /// Files for `compose/`, by name.
  ///
  /// - Parameter home: where a hoster's own files lie, outside the folders of CHT.
  func compose(home: String) -> [String: String] {
    [
      "cht-core.yml": core,
      layout.data == .cluster ? "cht-couchdb-clustered.yml" : "cht-couchdb.yml": layout.data == .cluster ? cluster : single,
    ].merging(layout.isSmall ? [:] : ["caddy-compose.yml": caddy(home: home), "cadvisor_compose.yml": cadvisor]) { $1 }
  }

  private var head: String { layout.version.isFive ? "" : "version: '3.9'\n\n" }

  private var logging: String {
    guard hasLocalLogs else { return "" }
    return """
          logging:
            driver: "local"
            options:
              max-size: "${LOG_MAX_SIZE:-50m}"
              max-file: "${LOG_MAX_FILES:-20}"
      """
  }

  private static let network = """
    networks:
      cht-net:
        name: ${CHT_NETWORK:-cht-net}
    """

  /// - Parameter lines: of the service, indented by four.
  private func service(_ name: String, needs: [String] = [], _ lines: String) -> String {
    guard layout.services.contains(name) else { return "" }
    let needs = needs.filter { layout.services.contains($0) }
    let dependencies = needs.isEmpty ? "" : "    depends_on:\n" + needs.map { "      - \($0)\n" }.joined()
    return """
        \(name):
          image: \(layout.version.image(name))
          restart: always
      \(logging)
      \(dependencies)\(lines)
          networks:
            - cht-net


      """
  }

  private var core: String {
    head + "services:\n"
      + service(
        "haproxy",
        """
            hostname: haproxy
            environment:
              - "HAPROXY_IP=${HAPROXY_IP:-haproxy}"
              - "COUCHDB_USER=${COUCHDB_USER:-admin}"
              - "COUCHDB_PASSWORD=${COUCHDB_PASSWORD}"
              - "COUCHDB_SERVERS=${COUCHDB_SERVERS:-couchdb}"
              - "HAPROXY_PORT=${HAPROXY_PORT:-5984}"
            expose:
              - ${HAPROXY_PORT:-5984}
        """)
      + service(
        "healthcheck",
        """
            environment:
              - "COUCHDB_SERVERS=${COUCHDB_SERVERS:-couchdb}"
              - "COUCHDB_USER=${COUCHDB_USER:-admin}"
              - "COUCHDB_PASSWORD=${COUCHDB_PASSWORD}"
        """)
      + service(
        "api", needs: ["haproxy"],
        """
            expose:
              - "${API_PORT:-5988}"
            environment:
              - COUCH_URL=http://${COUCHDB_USER:-admin}:${COUCHDB_PASSWORD:?COUCHDB_PASSWORD must be set}@haproxy:${HAPROXY_PORT:-5984}/medic
              - BUILDS_URL=${MARKET_URL_READ:-https://staging.dev.medicmobile.org}/${BUILDS_SERVER:-_couch/builds_4}
              - UPGRADE_SERVICE_URL=${UPGRADE_SERVICE_URL:-http://localhost:5100}
        """)
      + service(
        "sentinel", needs: ["haproxy"],
        """
            environment:
              - COUCH_URL=http://${COUCHDB_USER:-admin}:${COUCHDB_PASSWORD}@haproxy:${HAPROXY_PORT:-5984}/medic
              - API_HOST=api
        """)
      + service("nginx", needs: ["api", "haproxy"], nginx) + Self.network + "\n\nvolumes:\n  cht-ssl:\n"
  }

  private var nginx: String {
    """
        ports:
          - "${NGINX_HTTP_PORT:-80}:80"
          - "${NGINX_HTTPS_PORT:-443}:443"
        volumes:
          - cht-ssl:${SSL_VOLUME_MOUNT_PATH:-/etc/nginx/private/}
        environment:
          - "CERTIFICATE_MODE=${CERTIFICATE_MODE:-SELF_SIGNED}"
          - "SSL_CERT_FILE_PATH=${SSL_CERT_FILE_PATH:-/etc/nginx/private/cert.pem}"
          - "SSL_KEY_FILE_PATH=${SSL_KEY_FILE_PATH:-/etc/nginx/private/key.pem}"
          - "COMMON_NAME=${COMMON_NAME:-test-nginx.dev.medicmobile.org}"
          - "EMAIL=${EMAIL:-domains@medic.org}"
          - "COUNTRY=${COUNTRY:-US}"
          - "STATE=${STATE:-California}"
          - "LOCALITY=${LOCALITY:-San_Francisco}"
          - "ORGANISATION=${ORGANISATION:-medic}"
          - "DEPARTMENT=${DEPARTMENT:-Information_Security}"
    """
  }

  private func node(_ name: String, data: String, variable: String, more: String) -> String {
    service(
      name,
      """
          volumes:
            - ${\(data)}:/opt/couchdb/data
      \(more)
            - "COUCHDB_USER=${COUCHDB_USER:-admin}"
            - "COUCHDB_PASSWORD=${COUCHDB_PASSWORD:?COUCHDB_PASSWORD must be set}"
            - "COUCHDB_SECRET=${COUCHDB_SECRET}"
            - "COUCHDB_UUID=${COUCHDB_UUID}"
            - "SVC_NAME=${\(variable):-\(name)}"
            - "COUCHDB_LOG_LEVEL=${COUCHDB_LOG_LEVEL:-info}"
      """)
  }

  private static let credentials = """
          - cht-credentials:/opt/couchdb/etc/local.d/
        environment:
    """

  private func nouveau(data: String) -> String {
    service("nouveau", "    volumes:\n      - ${\(data)}/nouveau:/data/nouveau")
  }

  private var single: String {
    let data = "COUCHDB_DATA:-./srv"
    let place = layout.data == .volume ? "\nvolumes:\n  cht-credentials:\n  couchdb-data:\n" : "\nvolumes:\n  cht-credentials:\n"
    // A volume has no folder below it that could be mounted.
    return head + "services:\n" + node("couchdb", data: data, variable: "SVC_NAME", more: Self.credentials)
      + (layout.data == .volume ? "" : nouveau(data: data)) + Self.network + "\n" + place
  }

  private var cluster: String {
    let nodes = (1...3).map { number in
      node(
        "couchdb-\(number).local", data: "DB\(number)_DATA:-./srv\(number)", variable: "SVC\(number)_NAME",
        more: number == 1
          ? Self.credentials + "\n      - \"CLUSTER_PEER_IPS=${CLUSTER_PEER_IPS:-couchdb-2.local,couchdb-3.local}\""
          : "    environment:\n      - \"COUCHDB_SYNC_ADMINS_NODE=${COUCHDB_SYNC_ADMINS_NODE:-couchdb-1.local}\"")
    }
    return head + "services:\n" + nodes.joined() + nouveau(data: "DB1_DATA:-./srv1") + Self.network + "\n\nvolumes:\n  cht-credentials:\n"
  }

  /// A hoster's own file, with a mount outside the folders of CHT.
  private func caddy(home: String) -> String {
    """
    \(head)services:
      caddy:
        image: caddy:2-alpine
        restart: unless-stopped
        volumes:
          - \(home)/Caddyfile:/etc/caddy/Caddyfile
        networks:
          - cht-net

    \(Self.network)
    """
  }

  /// From CHT's page on monitoring: mounts that nobody wants in a backup.
  private var cadvisor: String {
    """
    \(head)services:
      cadvisor:
        image: gcr.io/cadvisor/cadvisor:latest
        restart: always
        volumes:
          - /:/rootfs:ro
          - /var/run:/var/run:ro
          - /sys:/sys:ro
          - /var/lib/docker/:/var/lib/docker:ro
        networks:
          - cht-net

    \(Self.network)
    """
  }
}
