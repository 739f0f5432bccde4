import Glibc

/// How many files this process may hold open.
package enum DescriptorLimit {
  /// Half a megabyte of the kernel's memory.
  private static let mostRoom = 1 << 16

  /// Makes the kernel's table of this process' open files as large as it may get, or as `mostRoom`. Call it before there are threads.
  ///
  /// The table grows by doubling, and each time a process with threads waits for a grace period of all processors: tens of
  /// milliseconds of a freeze.
  package static func makeRoom() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    let before = limit
    limit.rlim_cur = limit.rlim_max
    guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    let last = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, Int32(min(Self.mostRoom, Int(clamping: limit.rlim_max)) - 1))
    if last >= 0 { close(last) }
    // Programs that this one starts get what it had.
    limit = before
    _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// Raises the soft limit to the hard one.
  ///
  /// - Returns: the limit now in force.
  package static func raise() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    if limit.rlim_cur < limit.rlim_max {
      var wanted = limit
      wanted.rlim_cur = limit.rlim_max
      if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &wanted) == 0 { limit = wanted }
    }
    return limit.rlim_cur > UInt(Int.max) ? .max : Int(limit.rlim_cur)
  }
}
