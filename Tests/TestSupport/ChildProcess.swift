import CLinux
import Foundation
import Synchronization

/// A process that a test starts. Of what is open here it gets its three standard descriptors and nothing else.
///
/// Foundation's `Process` waits until nobody holds a descriptor of its own. A server that another thread starts at that moment inherits it,
/// and the wait lasts as long as the server.
final class ChildProcess: Sendable {
  struct Start {
    var path: String
    /// Without the program's name.
    var arguments: [String]
    var environment: [String: String] = ProcessInfo.processInfo.environment
    var folder: String?
    var input: Int32
    var output: Int32
    var error: Int32
    /// An interrupt from the terminal does not reach it.
    var isInOwnGroup = false
  }

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  let identifier: Int32
  /// As `waitpid` gave it.
  private let ended = Mutex<Int32?>(nil)

  init(_ start: Start) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, descriptor) in [start.input, start.output, start.error].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target))
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    if let folder = start.folder { posix_spawn_file_actions_addchdir_np(&actions, folder) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The threads of tasks block signals, and what they start would too: neither TERM nor the alarm of 'timeout' would arrive.
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | (start.isInOwnGroup ? POSIX_SPAWN_SETPGROUP : 0)))
    var identifier: pid_t = 0
    let result = Self.withStrings([start.path] + start.arguments) { arguments in
      Self.withStrings(start.environment.map { "\($0)=\($1)" }) {
        posix_spawn(&identifier, start.path, &actions, &attributes, arguments, $0)
      }
    }
    guard result == 0 else { throw Failed(description: "cannot start \(start.path): \(String(cString: strerror(result)))") }
    self.identifier = identifier
  }

  /// - Returns: what `waitpid` says, `nil` while it runs.
  func status() -> Int32? {
    ended.withLock { ended in
      var status: Int32 = 0
      if ended == nil, waitpid(identifier, &status, WNOHANG) == identifier { ended = status }
      return ended
    }
  }

  /// - Returns: `nil` if it still runs after this time.
  func wait(atMost limit: Duration) -> Int32? {
    let deadline = ContinuousClock.now + limit
    var pause: UInt32 = 200
    while true {
      if let status = status() { return status }
      guard ContinuousClock.now < deadline else { return nil }
      usleep(pause)
      pause = min(pause * 2, 10_000)
    }
  }

  private static func withStrings<Value>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value) -> Value {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}
