import Foundation
import TestSupport

/// A web server that behaves and misbehaves by path: over TCP, over TLS, over TLS with client certificates, and on a unix socket.
final class WebServer: Sendable {
  private let server: LeashedServer

  init() throws {
    server = try LeashedServer(
      start: #"bash -c 'cd "$0" && bash certificates && exec python3 server.py' "$folder""#,
      files: ["server.py": Self.program, "certificates": Self.certificates],
      isReady: { FileManager.default.fileExists(atPath: $0 + "/ready") })
  }

  var folder: String { server.folder }
  var socket: String { folder + "/web.sock" }
  var plain: String { "http://127.0.0.1:\(port("plain"))" }
  var secure: String { "https://localhost:\(port("secure"))" }
  var mutual: String { "https://localhost:\(port("mutual"))" }

  private func port(_ name: String) -> String {
    (try? String(contentsOfFile: "\(folder)/\(name).port", encoding: .utf8)) ?? ""
  }

  private static let certificates = """
    set -e
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
    for name in server client; do
      openssl req -newkey rsa:2048 -nodes -subj /CN=$name -keyout $name.key -out $name.csr
      openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out $name.pem \
        -extfile <(echo subjectAltName=DNS:localhost)
    done
    """

  private static let program = #"""
    import http.server, itertools, json, os, socket, socketserver, ssl, threading

    connections = itertools.count(1)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def setup(self):
            super().setup()
            self.number = next(connections)
        def address_string(self): return "test"
        def log_message(self, *arguments): pass
        def answer(self, status, body, **headers):
            self.send_response(status)
            for name, value in headers.items(): self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD": self.wfile.write(body)
        def forever(self):
            while self.connection.recv(1): pass
            self.close_connection = True
        def any(self):
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if path == "/echo":
                self.answer(200, json.dumps({"method": self.command, "path": self.path, "headers": list(self.headers.items()),
                    "size": len(body), "sum": sum(body) % 65536, "connection": self.number}).encode(), X_Twice="a", X_twice="b")
            elif path == "/bytes": self.answer(200, bytes(i % 251 for i in range(int(query))))
            elif path == "/zeros":
                self.send_response(200)
                self.send_header("Content-Length", query)
                self.end_headers()
                for _ in range(int(query) >> 20): self.wfile.write(bytes(1 << 20))
            elif path == "/status": self.answer(int(query), b"as you wished")
            elif path == "/redirect": self.answer(302, b"", Location="/echo")
            elif path == "/stall": self.forever()
            elif path in ("/cut", "/stallbody"):
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"x" * 500)
                self.wfile.flush()
                if path == "/stallbody": self.forever()
                self.close_connection = True
            elif path in ("/endless", "/cutchunks"):
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for number in itertools.count():
                    if path == "/cutchunks" and number == 3: break
                    self.wfile.write(b"400\r\n" + b"y" * 1024 + b"\r\n")
                self.close_connection = True
            elif path == "/endlesshead":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while True: self.wfile.write(b"X-More: " + b"z" * 1000 + b"\r\n")
            elif path == "/garbage":
                self.wfile.write(b"\x00\x01nonsense\r\n\r\n")
                self.close_connection = True
            elif path == "/nothing": self.close_connection = True
        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = any

    class Quiet(socketserver.ThreadingMixIn):
        daemon_threads = True
        def handle_error(self, request, address): pass
        def server_bind(self): socketserver.TCPServer.server_bind(self)
    class TCP(Quiet, socketserver.TCPServer): request_queue_size = 128
    class Unix(Quiet, socketserver.UnixStreamServer): pass

    def serve(server): threading.Thread(target=server.serve_forever, daemon=True).start()
    def open_port(name, context=None):
        server = TCP(("127.0.0.1", 0), Handler)
        if context: server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        with open(name + ".port", "w") as file: file.write(str(server.server_address[1]))
        serve(server)
    def context():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("server.pem", "server.key")
        return context

    serve(Unix("web.sock", Handler))
    open_port("plain")
    open_port("secure", context())
    mutual = context()
    mutual.verify_mode = ssl.CERT_REQUIRED
    mutual.load_verify_locations("ca.pem")
    open_port("mutual", mutual)
    open("ready", "w").close()
    threading.Event().wait()
    """#
}
