import Synchronization

/// What a running backup has done so far. The run adds, the command line draws.
package final class BackupProgress: Sendable {
  package enum Phase: String, Sendable {
    case opening, listing, freezing, copying, finishing, completing
  }

  package struct State: Sendable {
    package var phase = Phase.opening
    package var filesFrozen = 0
    /// Bytes that have to be read, known once the freeze is done.
    package var bytesToRead = 0
    package var bytesDone = 0
    package var filesToCopy = 0
    package var filesDone = 0
    /// Bytes that slower locations still lack, by address.
    package var outstanding: @Sendable () -> [String: Int] = { [:] }
  }

  private let state = Mutex(State())

  package init() {}

  package var current: State { state.withLock { $0 } }

  package func update(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
}
