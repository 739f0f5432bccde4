import Glibc

/// How many files this process may hold open.
package enum DescriptorLimit {
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
