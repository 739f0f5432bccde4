import Foundation
import Synchronization

/// SeaweedFS with its S3 server: signatures and clocks are checked, versions and object lock kept, conditions honored.
///
/// It takes some seconds to start: tests share one. Buckets can be addressed as `BUCKET.localhost`, too.
package final class SeaweedS3: Sendable {
  package let accessKey = "AKIBATESTKEY"
  /// With what a careless signer or message would stumble over.
  package let secret = "akiba+test/secret=1"
  /// May read and list, and nothing else.
  package let readerAccessKey = "AKIBAREADER"
  package let readerSecret = "reader+secret/2="

  /// Keeps the folder while the server is stopped, and removes it when the tests end, in whatever way.
  private let keeper: LeashedServer
  private let ports: [UInt16]
  private let server: Mutex<LeashedServer?>

  package init() throws {
    keeper = try LeashedServer(start: "sleep infinity", isReady: { _ in true })
    ports = try FreePorts.take(Port.allCases.count)
    server = Mutex(nil)
    try Data(identities.utf8).write(to: URL(filePath: path("identities.json")))
    try FileManager.default.createDirectory(atPath: path("data"), withIntermediateDirectories: true)
    try makeCertificate()
    try restart()
  }

  deinit { stop() }

  package var endpoint: String { "http://127.0.0.1:\(port(.s3))" }
  /// The same over TLS; `authority` has signed its certificate, which is for `localhost`.
  package var secureEndpoint: String { "https://localhost:\(port(.s3Secure))" }
  package var authority: String { path("server.pem") }
  package var log: String { server.withLock { $0?.log ?? "" } }
  package var admin: S3Admin { S3Admin(endpoint: endpoint, accessKey: accessKey, secret: secret) }

  /// - Parameter locked: object lock in compliance mode for one day.
  package func makeBucket(_ name: String, locked: Bool = false) throws { try admin.makeBucket(name, locked: locked) }

  /// What is stored stays. Returns when nobody listens any more.
  package func stop() {
    let running = server.withLock { server in
      defer { server = nil }
      return server
    }
    running?.stop()
  }

  /// Starts it again at the same address with what it stored.
  package func restart() throws {
    stop()
    let admin = admin
    let ports = ports.map(String.init).joined(separator: ",")
    let started = try LeashedServer(start: command(), clear: Self.clear(ports)) { [master = port(.master)] _ in
      // It answers before it has a place for objects.
      let place = try? Program.run("/usr/bin/env", ["python3", "-c", Self.assignment, "http://127.0.0.1:\(master)/dir/assign"])
      return place?.status == 0 && admin.answers
    }
    server.withLock { $0 = started }
  }

  /// Asked to end, it takes half a minute. It loses nothing of what it has answered for.
  private static func clear(_ ports: String) -> String {
    "kill -KILL $(cat \"$folder/server.pid\"); rm -f /tmp/seaweedfs-*{\(ports)}.sock"
  }

  private static let assignment = "import sys, urllib.request; 'fid' in urllib.request.urlopen(sys.argv[1]).read().decode() or sys.exit(1)"

  private enum Port: Int, CaseIterable {
    case master, masterInner, volume, volumeInner, filer, filerInner, s3, s3Inner, s3Secure
  }

  private func path(_ name: String) -> String { keeper.folder + "/" + name }

  private func port(_ port: Port) -> UInt16 { ports[port.rawValue] }

  private func command() throws -> String {
    """
    '\(try TestTools.path("weed"))' -logtostderr=true server -dir='\(path("data"))' -ip=127.0.0.1 -ip.bind=127.0.0.1 \
    -master.port=\(port(.master)) -master.port.grpc=\(port(.masterInner)) -master.volumeSizeLimitMB=256 -master.volumePreallocate=false \
    -volume.port=\(port(.volume)) -volume.port.grpc=\(port(.volumeInner)) -volume.max=200 \
    -filer -filer.port=\(port(.filer)) -filer.port.grpc=\(port(.filerInner)) \
    -s3 -s3.port=\(port(.s3)) -s3.port.grpc=\(port(.s3Inner)) -s3.port.https=\(port(.s3Secure)) -s3.port.iceberg=0 -s3.port.lance=0 \
    -s3.cert.file='\(path("server.pem"))' -s3.key.file='\(path("server.key"))' -s3.config='\(path("identities.json"))' \
    -s3.domainName=localhost -s3.autoCreateBucket=false -s3.iam=false
    """
  }

  private func makeCertificate() throws {
    let output = try Program.run(
      "/usr/bin/env",
      [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost", "-keyout", path("server.key"), "-out", path("server.pem"),
      ])
    _ = try Programs.succeed(output)
  }

  private var identities: String {
    """
    {"identities": [
      {"name": "akiba", "credentials": [{"accessKey": "\(accessKey)", "secretKey": "\(secret)"}],
       "actions": ["Admin", "Read", "List", "Tagging", "Write"]},
      {"name": "reader", "credentials": [{"accessKey": "\(readerAccessKey)", "secretKey": "\(readerSecret)"}],
       "actions": ["Read", "List"]}
    ]}
    """
  }
}
