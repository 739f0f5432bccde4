import CCurl
import Synchronization

/// Carries the end of a task to the thread that waits in libcurl.
package final class HTTPCancellation: Sendable {
  private struct State {
    var isCancelled = false
    /// An address as a number, because a pointer must not cross threads without a word: `curl_multi_wakeup` is the call that may.
    var waiting: UInt?
  }

  private let state = Mutex(State())

  package init() {}

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func cancel() {
    state.withLock { state in
      state.isCancelled = true
      if let waiting = state.waiting { _ = curl_multi_wakeup(UnsafeMutableRawPointer(bitPattern: waiting)) }
    }
  }

  /// From here to `detach`, cancelling wakes `multi`.
  func attach(_ multi: UnsafeMutableRawPointer) { state.withLock { $0.waiting = UInt(bitPattern: multi) } }

  func detach() { state.withLock { $0.waiting = nil } }
}
