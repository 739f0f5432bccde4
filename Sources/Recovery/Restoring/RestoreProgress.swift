import Synchronization

/// What a running restore has done so far.
package final class RestoreProgress: Sendable {
  package struct State: Sendable {
    package var files = 0
    package var filesDone = 0
    package var bytes = 0
    package var bytesDone = 0
  }

  private let state = Mutex(State())

  package init() {}

  package var current: State { state.withLock { $0 } }

  func update(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
}
