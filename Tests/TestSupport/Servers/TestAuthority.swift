/// An authority of its own and one certificate it signed, for `localhost`. PEM files, gone with it.
package final class TestAuthority: Sendable {
  private let folder: TemporaryFolder

  package var authorityFile: String { folder.path("ca.pem") }
  package var certificateFile: String { folder.path("server.pem") }
  package var keyFile: String { folder.path("server.key") }

  package init() throws {
    folder = try TemporaryFolder()
    _ = try Programs.succeed(Program.run("/bin/bash", ["-c", Self.script], in: folder.path))
  }

  private static let script = """
    set -e
    key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    openssl req -x509 $key -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
    openssl req $key -subj /CN=server -keyout server.key -out server.csr
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.pem \
      -extfile <(echo subjectAltName=DNS:localhost)
    """
}
