import Deployments
import Foundation
import SystemPackage
import TestSupport

/// Something that answers like an engine, or not quite: each path with what it was given.
final class FakeEngine: Sendable {
  private let server: LeashedServer

  /// - Parameters:
  ///   - version: of the API, as `/_ping` says it; `nil`: not at all.
  ///   - answers: JSON by path, of the version that is spoken. `!500` is that status, `!wait` no answer at all.
  init(version: String?, _ answers: [String: String] = [:]) throws {
    let answers = try String(decoding: JSONEncoder().encode(answers), as: UTF8.self)
    server = try LeashedServer(
      start: #"python3 "$folder/server.py" "$folder""#,
      files: ["server.py": Self.program, "answers": answers, "version": version ?? ""],
      isReady: { FileManager.default.fileExists(atPath: $0 + "/ready") })
  }

  var endpoint: DockerEndpoint { .unix(FilePath(server.folder + "/engine.sock")) }

  private static let program = #"""
    import http.server, json, os, socketserver, sys, threading
    os.chdir(sys.argv[1])
    answers, version = json.load(open("answers")), open("version").read()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def address_string(self): return "test"
        def log_message(self, *arguments): pass
        def do_GET(self):
            body = b"OK" if self.path == "/_ping" else answers.get(self.path, "").encode()
            if body == b"!wait": return threading.Event().wait()
            self.send_response(int(body[1:]) if body.startswith(b"!") else 200 if body else 404)
            if version: self.send_header("Api-Version", version)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    socketserver.ThreadingUnixStreamServer.daemon_threads = True
    server = socketserver.ThreadingUnixStreamServer("engine.sock", Handler)
    open("ready", "w").close()
    server.serve_forever()
    """#
}
