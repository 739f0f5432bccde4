import Foundation

/// A server for tests that cannot outlive them.
///
/// A shell starts it and then reads from a socket whose other end only this process holds. When the test lets go, or the test process ends
/// in whatever way, it closes: the shell clears up, ends the server by its id, unmounts what is left and removes the folder.
package final class LeashedServer: Sendable {
  /// Its folder. Short, as the path of a socket has room for 107 bytes.
  package let folder: String
  private let shell: ChildProcess
  private let leash: FileHandle

  package struct Failed: Error, CustomStringConvertible {
    package let description: String
  }

  /// - Parameters:
  ///   - start: a shell command that becomes the server. `$folder` is its folder.
  ///   - files: written into the folder first, by name.
  ///   - clear: shell commands for what the server itself would leave behind, run while it still runs.
  ///   - isReady: asked until it says yes.
  package init(start: String, files: [String: String] = [:], clear: String = "", isReady: (_ folder: String) -> Bool) throws {
    folder = try Self.makeFolder()
    for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: folder).appending(path: name)) }
    var ends: [Int32] = [0, 0]
    // Closed on exec from the start: a program started at the same moment must not hold the other end too.
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw Failed(description: "no pair of sockets: errno \(errno)")
    }
    leash = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    defer { close(ends[0]) }
    shell = try Self.start(Self.script(start: start, clear: clear), folder: folder, input: ends[0])
    try waitUntil(isReady)
  }

  deinit { stop() }

  /// Of the server itself, not of its shell.
  var identifier: Int32? {
    (try? String(contentsOfFile: folder + "/server.pid", encoding: .utf8)).flatMap { Int32($0.split(separator: "\n").first ?? "") }
  }

  /// What the server said so far.
  package var log: String { (try? String(contentsOfFile: folder + "/server.log", encoding: .utf8)) ?? "" }

  /// Returns when all is gone. May be called twice.
  package func stop() {
    try? leash.close()
    _ = shell.wait(atMost: .seconds(300))
  }

  private static func script(start: String, clear: String) -> String {
    """
    folder=$1
    trap : INT TERM HUP
    { exec \(start); } </dev/null >>"$folder/server.log" 2>&1 &
    echo $! >"$folder/server.pid"
    cat >/dev/null
    kill -CONT $(cat "$folder/server.pid")
    { \(clear.isEmpty ? ":" : clear); } >>"$folder/server.log" 2>&1
    server=$(cat "$folder/server.pid")
    kill -TERM $server
    for try in $(seq 200); do kill -0 $server || break; sleep 0.05; done
    kill -KILL $server
    awk -v folder="$folder/" 'index($5, folder) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount -l
    # What a container's end started may write for a moment longer.
    for try in $(seq 100); do rm -rf --one-file-system "$folder" && break; sleep 0.05; done
    """
  }

  private static func makeFolder() throws -> String {
    var template = Array("/tmp/akiba.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failed(description: "no folder in /tmp: errno \(errno)") }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// In a process group of its own: an interrupt from the terminal is for the tests, and clearing up is to be done to its end.
  private static func start(_ script: String, folder: String, input: Int32) throws -> ChildProcess {
    let nothing = try FileHandle(forUpdating: URL(filePath: "/dev/null"))
    defer { try? nothing.close() }
    return try ChildProcess(
      .init(
        path: "/bin/bash", arguments: ["-c", script, "leash", folder], input: input, output: nothing.fileDescriptor,
        error: nothing.fileDescriptor, isInOwnGroup: true))
  }

  private func waitUntil(_ isReady: (String) -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while !isReady(folder) {
      let isGone = identifier.map { kill($0, 0) != 0 } ?? false
      guard !isGone, ContinuousClock.now < deadline else {
        let log = log
        stop()
        throw Failed(description: "the server does not come up: \(log)")
      }
      usleep(20_000)
    }
  }
}
