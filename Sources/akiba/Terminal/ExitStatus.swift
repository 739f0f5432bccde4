/// How a command ends. The numbers are restic's where restic has one, so that wrappers keep working.
enum ExitStatus: Int32 {
  case success = 0
  case failure = 1
  /// Of monitoring plugins only.
  case critical = 2
  /// Done, but not for everything: a finding in the source, or a location that failed.
  case partial = 3
  case noRepository = 10
  case locked = 11
  case wrongKey = 12
  /// As the shell counts a process that ended by ^C.
  case interrupted = 130
}
