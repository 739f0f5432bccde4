import CLinux
import Glibc

/// Starting a program that is in no terminal, with three descriptors and nothing else of what is open here.
enum Spawning {
  /// - Parameters:
  ///   - arguments: without the program's name.
  ///   - descriptors: its standard input, output and error.
  /// - Returns: 0, or an error number.
  static func spawn(
    _ program: String, _ arguments: [String], environment: [String: String], descriptors: [Int32], _ identifier: inout pid_t
  ) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, descriptor) in descriptors.enumerated() { posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(target)) }
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Signals that this process ignores or blocks, the program gets.
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(Int(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | Int(AKIBA_SPAWN_SETSID)))
    return withStrings([program] + arguments) { arguments in
      withStrings(environment.map { "\($0)=\($1)" }) { posix_spawn(&identifier, program, &actions, &attributes, arguments, $0) }
    }
  }

  private static func withStrings<Value>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value) -> Value {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }
}
