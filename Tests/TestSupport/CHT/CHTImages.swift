import Foundation

/// Images that stand for CHT's, made of this machine's programs, as there is no registry.
///
/// Containers of all but nginx do nothing; CouchDB's fill the credentials volume first, as CHT's entry script does. nginx is real and treats
/// `CERTIFICATE_MODE` as CHT's `ssl-install.sh` does.
struct CHTImages {
  let host: PrivateHost

  /// Makes the images under all these names.
  func load(_ names: Set<String>) throws {
    let present = Set(try host.bash("docker images --format '{{.Repository}}:{{.Tag}}'").split(separator: "\n").map(String.init))
    for name in names.subtracting(present).sorted() { try load(name) }
  }

  private func load(_ name: String) throws {
    let component = name.split(separator: "/").last ?? ""
    let version = component.split(separator: ":").last.map(String.init) ?? ""
    switch component.split(separator: ":").first {
    case "cht-couchdb":
      try importImage(
        name, archive: stubArchive(),
        changes: [
          "ENV COUCHDB_VERSION=\(CHTVersion(version).couchDB)", "EXPOSE 4369", "EXPOSE 5984", "EXPOSE 9100", "VOLUME /opt/couchdb/data",
          #"CMD ["sh", "/entry/couchdb"]"#,
        ])
    case "cht-nginx": try importImage(name, archive: nginxArchive(), changes: ["EXPOSE 80", #"CMD ["sh", "/entry/nginx"]"#])
    default: try importImage(name, archive: stubArchive(), changes: [#"CMD ["sh", "/entry/idle"]"#])
    }
  }

  /// From now on the upgrade service does on its start what CHT's does: Compose over all files of its folder, in its own environment.
  func loadActingUpgradeService() throws {
    let compose = ComposeProgram.paths[.v5] ?? ""
    let script =
      Self.common + """
        cp '\(compose)' $root/bin/docker-compose
        cat >$root/entry/upgrade <<'END'
        \(Self.upgradeEntry)
        END
        """
    try importImage(
      CHTVersion.upgradeServiceImage, archive: archive("upgrade", script: script), changes: [#"CMD ["sh", "/entry/upgrade"]"#])
  }

  /// From now on containers of this name answer at CouchDB's port, for the user and password of their environment: documents and deleted ones
  /// of each database, and nothing else. A stand-in for a CouchDB that has started.
  func loadAnsweringCouchDB(_ name: String, version: String, _ counts: [String: (documents: Int, deleted: Int)]) throws {
    let files = counts.map { database, counts in
      """
      mkdir -p "$root/www/$(dirname '\(database)')"
      echo '{"doc_count":\(counts.documents),"doc_del_count":\(counts.deleted)}' >"$root/www/\(database)"
      """
    }
    let script =
      Self.common + files.joined(separator: "\n") + """

        cat >$root/entry/answer <<'END'
        echo "/:$COUCHDB_USER:$COUCHDB_PASSWORD" >/tmp/httpd.conf
        busybox httpd -p 5984 -h /www -c /tmp/httpd.conf
        . /entry/couchdb
        END
        """
    try importImage(
      name, archive: archive("answering-\(UUID().uuidString.prefix(6))", script: script),
      changes: ["ENV COUCHDB_VERSION=\(version)", "VOLUME /opt/couchdb/data", #"CMD ["sh", "/entry/answer"]"#])
  }

  /// From now on the image of this name has a program that is started as CouchDB is; what its containers do by themselves stays as it is.
  ///
  /// - Parameter couchDB: a folder that becomes `/opt/couchdb`; its `bin/couchdb` is in Perl.
  func loadServingCouchDB(_ name: String, version: String, from couchDB: String) throws {
    let script =
      Self.common + """
        mkdir -p $root/usr/bin $root/usr/lib/x86_64-linux-gnu $root/run $root/opt
        cp /usr/bin/perl $root/usr/bin/
        ldd /usr/bin/perl | grep -o '/[^ ]*' | while read -r library; do mkdir -p "$root${library%/*}"; cp -Lu "$library" "$root$library"; done
        for folder in /usr/lib/*/perl-base; do mkdir -p "$root${folder%/*}"; cp -a "$folder" "$root$folder"; done
        cp -a '\(couchDB)' $root/opt/couchdb
        """
    try importImage(
      name, archive: archive("serving-\(UUID().uuidString.prefix(6))", script: script),
      changes: ["ENV COUCHDB_VERSION=\(version)", "EXPOSE 5984", "VOLUME /opt/couchdb/data", #"CMD ["sh", "/entry/couchdb"]"#])
  }

  private func importImage(_ name: String, archive: String, changes: [String]) throws {
    let arguments = ["docker", "import"] + changes.flatMap { ["--change", $0] } + [archive, name]
    _ = try Programs.succeed(host.run(arguments))
  }

  private func stubArchive() throws -> String {
    try archive("stub", script: Self.common)
  }

  private func nginxArchive() throws -> String {
    try archive(
      "nginx",
      script: Self.common + """
        for program in $(which nginx) /usr/bin/openssl; do
          cp "$program" $root/bin/
          ldd "$program" | grep -o '/[^ ]*' | while read -r library; do mkdir -p "$root${library%/*}"; cp -Lu "$library" "$root$library"; done
        done
        mkdir -p $root/etc/nginx $root/var/log/nginx $root/var/lib/nginx $root/usr/lib/ssl $root/run
        printf 'root:x:0:0::/:/bin/sh\\n' >$root/etc/passwd
        printf 'root:x:0:\\n' >$root/etc/group
        cat >$root/etc/nginx/nginx.conf <<'END'
        \(Self.nginxConfiguration)
        END
        printf '[req]\\ndistinguished_name = name\\n[name]\\n' >$root/usr/lib/ssl/openssl.cnf
        """)
  }

  /// A tar file for `docker import`, made once a host.
  private func archive(_ name: String, script: String) throws -> String {
    let archive = host.folder + "/\(name).tar"
    if !FileManager.default.fileExists(atPath: archive) {
      try host.bash(
        "root=$(mktemp --directory)\nchmod 755 $root\n\(script)\ntar --create --file \(archive) --directory $root .\nrm -rf $root")
    }
    return archive
  }

  private static let common = """
    mkdir -p $root/bin $root/tmp $root/etc $root/entry
    cp "$(which busybox)" $root/bin/busybox
    for command in sh cat sleep ls cut sha256sum chown mkdir touch chmod tail; do ln -s busybox $root/bin/$command; done
    cat >$root/entry/idle <<'END'
    \(idle)
    END
    cat >$root/entry/couchdb <<'END'
    \(couchDBEntry)
    END
    cat >$root/entry/nginx <<'END'
    \(nginxEntry)
    END

    """

  /// Ends at once when asked to: process 1 ignores signals it has no trap for.
  private static let idle = """
    trap 'exit 0' TERM INT
    sleep 1000000 & wait
    """

  private static let upgradeEntry = """
    export UPGRADE_SERVICE_URL=http://cht-upgrade-service:5008 HOME=/tmp
    set --
    for file in /docker-compose/*.yml; do set -- "$@" -f "$file"; done
    docker-compose -p "$CHT_COMPOSE_PROJECT_NAME" "$@" up --detach --remove-orphans
    \(idle)
    """

  /// What is in the volume already stays, and what is not set is made up: then it exists nowhere else.
  private static let couchDBEntry = """
    file=/opt/couchdb/etc/local.d/cluster-credentials.ini
    if [ ! -f $file ]; then
      mkdir -p /opt/couchdb/etc/local.d
      hash=$(echo "$COUCHDB_PASSWORD" | sha256sum | cut -c 1-64)
      [ -n "$COUCHDB_SECRET" ] || COUCHDB_SECRET=$(cat /proc/sys/kernel/random/uuid)
      [ -n "$COUCHDB_UUID" ] || COUCHDB_UUID=$(cat /proc/sys/kernel/random/uuid)
      cat >$file.new <<CREDENTIALS
    [admins]
    $COUCHDB_USER = -pbkdf2:sha256-$hash,$(echo "$hash" | cut -c 1-32),600000

    [log]
    level = ${COUCHDB_LOG_LEVEL:-info}

    [couch_httpd_auth]
    secret = $COUCHDB_SECRET

    [couchdb]
    uuid = $COUCHDB_UUID

    CREDENTIALS
      chown -R 5984:5984 /opt/couchdb
      busybox mv $file.new $file
    fi
    \(idle)
    """

  private static let nginxEntry = """
    mkdir -p /etc/nginx/private
    case "$CERTIFICATE_MODE" in
      SELF_SIGNED | AUTO_GENERATE)
        if [ ! -f "$SSL_CERT_FILE_PATH" ] || [ ! -f "$SSL_KEY_FILE_PATH" ]; then
          openssl req -x509 -nodes -newkey rsa:2048 -days 365 -keyout "$SSL_KEY_FILE_PATH" -out "$SSL_CERT_FILE_PATH" \\
            -subj "/C=$COUNTRY/ST=$STATE/L=$LOCALITY/O=$ORGANISATION/OU=$DEPARTMENT/CN=$COMMON_NAME/emailAddress=$EMAIL" 2>/dev/null
        fi ;;
      OWN_CERT)
        if [ ! -f "$SSL_CERT_FILE_PATH" ] && [ ! -f "$SSL_KEY_FILE_PATH" ]; then
          echo "Please add the certificate and the key" >&2
          exit 1
        fi ;;
      *) exit 1 ;;
    esac
    exec nginx -g 'daemon off;'
    """

  private static let nginxConfiguration = """
    user root;
    worker_processes 1;
    error_log /dev/stderr;
    pid /run/nginx.pid;
    events {}
    http {
      access_log off;
      server {
        listen 80;
        location /.well-known/acme-challenge/ { root /etc/nginx/private/certbot; }
        location / { return 301 https://$host$request_uri; }
      }
      server {
        listen 443 ssl;
        ssl_certificate /etc/nginx/private/cert.pem;
        ssl_certificate_key /etc/nginx/private/key.pem;
        location / { return 200 "CHT stands here"; }
      }
    }
    """
}
