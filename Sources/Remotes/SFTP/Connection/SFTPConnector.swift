import Stores
import Synchronization

/// Keeps one connection, and makes a new one when it broke.
final class SFTPConnector: Sendable {
  private struct State {
    var connection: SFTPConnection?
    /// Unfinished files that could not be removed because the connection was gone.
    var leftBehind: Set<String> = []
  }

  private let command: SSHCommand
  private let state = Mutex(State())

  init(_ command: SSHCommand) { self.command = command }

  /// Does not wait for the server: what is asked of the connection does.
  func connection() throws -> SFTPConnection {
    try state.withLock { state in
      if let connection = state.connection, connection.end == nil { return connection }
      let connection = try SFTPConnection(command)
      for path in state.leftBehind { connection.post(.remove(path)) }
      state.connection = connection
      state.leftBehind = []
      return connection
    }
  }

  /// Removes an unfinished file, now or when there is a connection again. Does not wait.
  func discard(_ path: String) {
    state.withLock { state in
      if state.connection?.post(.remove(path)) != true { state.leftBehind.insert(path) }
    }
  }
}
