/// JuiceFS's S3 gateway, which is MinIO's code: stricter than SeaweedFS on what a body is signed with; no versions, no conditions.
package final class JuiceFSGateway: Sendable {
  package let accessKey = "AKIBATESTKEY"
  package let secret = "akiba+test/secret=1"
  private let server: LeashedServer
  private let port: UInt16

  /// - Parameter mostFiles: how many files and folders it has room for, buckets among them; it is full then.
  package init(mostFiles: Int? = nil) throws {
    let port = try FreePorts.take(1)[0]
    self.port = port
    let admin = S3Admin(endpoint: "http://127.0.0.1:\(port)", accessKey: accessKey, secret: secret)
    let limit = mostFiles.map { "--inodes \($0)" } ?? ""
    server = try LeashedServer(
      start: #"bash "$folder/start" "$folder""#,
      files: [
        "start": """
        set -e
        export MINIO_ROOT_USER='\(accessKey)' MINIO_ROOT_PASSWORD='\(secret)' HOME="$1"
        juicefs='\(try TestTools.path("juicefs"))'
        "$juicefs" format --storage file --bucket "$1/data/" --trash-days 0 \(limit) "sqlite3://$1/meta.db" tests
        exec "$juicefs" --no-agent gateway --multi-buckets --no-banner --no-bgjob --no-usage-report --keep-etag --domain localhost --cache-dir "$1/cache" \
        --log "$1/gateway.log" --metrics 127.0.0.1:0 "sqlite3://$1/meta.db" 127.0.0.1:\(port)
        """
      ],
      isReady: { _ in admin.answers })
  }

  package var endpoint: String { "http://127.0.0.1:\(port)" }
  package var admin: S3Admin { S3Admin(endpoint: endpoint, accessKey: accessKey, secret: secret) }
  package var log: String { server.log }

  package func makeBucket(_ name: String) throws { try admin.makeBucket(name, locked: false) }

  package func stop() { server.stop() }
}
