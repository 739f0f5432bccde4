package import ResticFormat

/// What a repository learns from outside: time, chance, and who is asking.
package struct Surroundings: Sendable {
  package var hostname: String
  package var username: String
  package var processID: Int
  package var userID: UInt32
  package var groupID: UInt32
  package var random: RandomSource
  package var now: @Sendable () -> Timestamp
  package var sleep: @Sendable (Duration) async throws -> Void
  /// Whether a process of this id runs on this host.
  package var isRunning: @Sendable (_ processID: Int) -> Bool

  package init(
    hostname: String, username: String, processID: Int, userID: UInt32 = 0, groupID: UInt32 = 0, random: RandomSource,
    now: @escaping @Sendable () -> Timestamp, sleep: @escaping @Sendable (Duration) async throws -> Void,
    isRunning: @escaping @Sendable (_ processID: Int) -> Bool
  ) {
    self.hostname = hostname
    self.username = username
    self.processID = processID
    self.userID = userID
    self.groupID = groupID
    self.random = random
    self.now = now
    self.sleep = sleep
    self.isRunning = isRunning
  }
}
