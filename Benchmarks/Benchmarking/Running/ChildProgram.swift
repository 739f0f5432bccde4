import CLinux
import Files
import Foundation
import Synchronization
package import SystemPackage

/// A program that is started, measured from outside and waited for.
package struct ChildProgram {
  /// The program, looked up in PATH if it has no slash, and its arguments.
  package var arguments: [String]
  /// Beside what this process has.
  package var environment: [String: String] = [:]
  package var folder: FilePath?

  package init(_ arguments: [String], environment: [String: String] = [:], in folder: FilePath? = nil) {
    self.arguments = arguments
    self.environment = environment
    self.folder = folder
  }

  package struct Outcome: Sendable {
    /// As a shell counts: 128 and the signal's number for one that a signal ended.
    package let exit: Int32
    package let wallSeconds: Double
    /// User and system time, of the program and of all it waited for.
    package let processorSeconds: Double
    /// Largest resident set of any one process, in bytes.
    package let peakBytes: Int
    package let output: String
    package let errors: String

    /// The end of what it said, on one line.
    package var lastWords: String {
      let said = (errors.isEmpty ? output : errors).split(separator: "\n").suffix(4).joined(separator: " / ")
      return said.isEmpty ? "exit code \(exit)" : "exit code \(exit): \(said.suffix(600))"
    }
  }

  private struct Running {
    var process: pid_t?
    var isOver = false
  }

  /// What runs now, for ^C.
  private static let running = Mutex(Running())

  /// Ends what runs now with all it started, and waits for it. Nothing is started afterwards.
  package static func endAll() {
    running.withLock { running in
      running.isOver = true
      if let process = running.process { kill(-process, SIGKILL) }
    }
    while running.withLock({ $0.process != nil }) { usleep(1000) }
  }

  /// Whoever ended everything ends this process, too, and nothing else is to happen meanwhile.
  private static func waitForTheEnd() -> Never {
    while true { pause() }
  }

  /// Runs to its end. Its output lies in memory meanwhile.
  package func run() throws -> Outcome {
    let output = memfd_create("output", UInt32(AKIBA_MFD_CLOEXEC))
    let errors = memfd_create("errors", UInt32(AKIBA_MFD_CLOEXEC))
    defer { for descriptor in [output, errors] { close(descriptor) } }
    let clock = ContinuousClock()
    let start = clock.now
    let process = try Self.running.withLock { running in
      if running.isOver { return pid_t?.none }
      let process = try spawn(output: output, errors: errors)
      running.process = process
      return process
    }
    guard let process else { Self.waitForTheEnd() }
    var status: Int32 = 0
    var usage = rusage()
    while wait4(process, &status, 0, &usage) < 0 && errno == EINTR {}
    let time = clock.now - start
    let isOver = Self.running.withLock { running in
      running.process = nil
      return running.isOver
    }
    if isOver { Self.waitForTheEnd() }
    return Outcome(
      exit: status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f, wallSeconds: time / .seconds(1),
      processorSeconds: usage.ru_utime.seconds + usage.ru_stime.seconds, peakBytes: usage.ru_maxrss * 1024,
      output: Self.text(of: output), errors: Self.text(of: errors))
  }

  private func spawn(output: Int32, errors: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    if let folder { posix_spawn_file_actions_addchdir_np(&actions, folder.string) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    // ^C is ignored here until it is handled, and would be there; a group of its own is ended as a whole.
    var handled = sigset_t()
    sigemptyset(&handled)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&handled, signal) }
    posix_spawnattr_setsigdefault(&attributes, &handled)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    var process: pid_t = 0
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }
    let result = Self.withStrings(arguments) { arguments in
      Self.withStrings(variables) { posix_spawnp(&process, arguments[0]!, &actions, &attributes, arguments, $0) }  // never without a name
    }
    guard result == 0 else {
      throw BenchError("cannot start '\(arguments[0])': \(String(cString: strerror(result)))", hints: ["is it installed?"])
    }
    return process
  }

  private static func text(of descriptor: Int32) -> String {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count))
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  private static func withStrings<Value>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value) -> Value {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}

extension timeval {
  fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}
