import Synchronization

/// The connections of a client that no transfer uses at the moment.
final class HTTPConnectionPool: Sendable {
  /// Beyond these they are closed.
  private static let mostIdle = 16

  private let idle = Mutex<[HTTPConnection]>([])

  func take() throws -> HTTPConnection {
    if let connection = idle.withLock({ $0.popLast() }) { return connection }
    return try HTTPConnection()
  }

  func giveBack(_ connection: HTTPConnection) {
    connection.reset()
    idle.withLock { if $0.count < Self.mostIdle { $0.append(connection) } }
  }
}
