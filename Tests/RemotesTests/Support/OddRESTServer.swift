import Foundation
import TestSupport

/// A server of restic's protocol with the manners of others than rclone, by the first part of the path.
///
/// - `strict`: rest-server's, by its source: it never replaces, removes what is not there with success, knows no folder before `create=true`.
/// - `late`: takes note of an upload that was cut when the next one of that name comes, and keeps what came of it.
/// - `first`: the first version of the protocol: listings without sizes; and no ranges.
/// - `strange`: listings with what does not belong there, and sizes that cannot be.
/// - `sizeless`: says no size.
/// - `page`: answers everything with a page for people.
/// - three digits: answers everything with this status.
final class OddRESTServer: Sendable {
  private let server: LeashedServer

  init() throws {
    server = try LeashedServer(
      start: #"python3 "$folder/server.py" "$folder""#, files: ["server.py": Self.program],
      isReady: { FileManager.default.fileExists(atPath: $0 + "/port") })
  }

  func address(_ manners: String) -> String {
    let port = (try? String(contentsOfFile: server.folder + "/port", encoding: .utf8)) ?? ""
    return "rest:http://127.0.0.1:\(port)/\(manners)/"
  }

  private static let program = #"""
    import http.server, json, os, sys, time

    objects, created, late = {}, set(), {}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def address_string(self): return "test"
        def log_message(self, *arguments): pass
        def answer(self, status, body=b"", size=None, **headers):
            self.send_response(status)
            for name, value in headers.items(): self.send_header(name.replace("_", "-"), value)
            if size != "none": self.send_header("Content-Length", str(len(body) if size is None else size))
            self.end_headers()
            if self.command != "HEAD": self.wfile.write(body)
        def part(self, body):
            first, _, last = self.headers["Range"].partition("=")[2].partition("-")
            first, last = int(first), min(int(last), len(body) - 1)
            if first >= len(body): return self.answer(416)
            self.answer(206, body[first:last + 1], Content_Range=f"bytes {first}-{last}/{len(body)}")
        def listing(self, manners, prefix):
            if manners == "strict" and manners not in created: return self.answer(404)
            names = [(path[len(prefix):], len(body)) for path, body in objects.items() if path.startswith(prefix)]
            if manners == "first": items = [name for name, _ in names]
            else: items = [{"name": name, "size": size} for name, size in names]
            if manners == "strange":
                a, b, c, d = (digit * 64 for digit in "abcd")
                objects.update({prefix + b: b"four", prefix + d: b"five5"})
                items += [7, None, [], {}, {"name": 5}, {"size": 5}, {"name": "README", "size": 1}, {"name": "../config", "size": 1},
                    "A" * 64, {"name": a, "size": 3, "more": []}, {"name": a, "size": 3}, {"name": b, "size": -1},
                    {"name": c, "size": 1.5}, {"name": d, "size": 10 ** 30}]
            self.answer(200, json.dumps(items).encode(), Content_Type="application/vnd.x.restic.rest.v" + "12"[manners != "first"])
        def any(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path, _, query = self.path.partition("?")
            manners, _, rest = path[1:].partition("/")
            if manners.isdigit(): return self.answer(int(manners))
            if manners == "page": return self.answer(200, b"<html>Welcome! Please accept our terms.</html>")
            if self.command == "POST" and query == "create=true":
                created.add(manners)
                self.answer(200)
            elif self.command == "POST" and manners == "late" and len(body) < int(self.headers["Content-Length"]):
                late[path] = body
            elif self.command == "POST":
                # The next one is never faster than the one that was cut.
                deadline = time.monotonic() + 60
                while manners == "late" and path not in late and path not in objects and time.monotonic() < deadline: time.sleep(0.01)
                if path in late: objects[path] = late.pop(path)
                if path in objects and manners in ("strict", "first", "late"): return self.answer(403)
                objects[path] = body
                self.answer(200)
            elif self.command == "DELETE":
                there = objects.pop(path, None)
                self.answer(200 if there is not None or manners == "strict" else 404)
            elif path.endswith("/"): self.listing(manners, path)
            elif path not in objects: self.answer(404)
            elif self.command == "HEAD": self.answer(200, size="none" if manners == "sizeless" else len(objects[path]))
            elif "Range" in self.headers and manners != "first": self.part(objects[path])
            else: self.answer(200, objects[path])
        do_GET = do_POST = do_HEAD = do_DELETE = any

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True
        def server_bind(self):
            self.socket.bind(self.server_address)
            self.server_address = self.socket.getsockname()
            self.server_name, self.server_port = self.server_address
    server = Server(("127.0.0.1", 0), Handler)
    with open(sys.argv[1] + "/port.part", "w") as file: file.write(str(server.server_port))
    os.rename(sys.argv[1] + "/port.part", sys.argv[1] + "/port")
    server.serve_forever()
    """#
}
