import Synchronization

/// A bounded number of places; who finds none free waits for one, in order.
final class Slots: Sendable {
  private struct State {
    var free: Int
    var waiting: [(ticket: Int, wake: CheckedContinuation<Bool, Never>)] = []
    var tickets = 0
    /// Tickets whose task was cancelled before it began to wait.
    var cancelled: Set<Int> = []
  }

  private let state: Mutex<State>

  init(_ count: Int) { state = Mutex(State(free: max(1, count))) }

  /// - Throws: `CancellationError` if cancelled while waiting; no place is taken then.
  func take() async throws {
    let ticket = state.withLock { state in
      state.tickets += 1
      return state.tickets
    }
    let taken = await withTaskCancellationHandler {
      await withCheckedContinuation { wake in
        let answer: Bool? = state.withLock { state in
          if state.cancelled.remove(ticket) != nil { return false }
          if state.free > 0 {
            state.free -= 1
            return true
          }
          state.waiting.append((ticket, wake))
          return nil
        }
        if let answer { wake.resume(returning: answer) }
      }
    } onCancel: {
      let wake = state.withLock { state -> CheckedContinuation<Bool, Never>? in
        if let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) { return state.waiting.remove(at: index).wake }
        state.cancelled.insert(ticket)
        return nil
      }
      wake?.resume(returning: false)
    }
    state.withLock { _ = $0.cancelled.remove(ticket) }
    guard taken else { throw CancellationError() }
  }

  func giveBack() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      guard !state.waiting.isEmpty else {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst().wake
    }
    next?.resume(returning: true)
  }
}
