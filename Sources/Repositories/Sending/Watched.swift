import Synchronization

/// State that several tasks change, and that tasks wait for to become what they need.
final class Watched<State: Sendable>: Sendable {
  private struct Guarded: Sendable {
    var state: State
    var changes = 0
    var tickets = 0
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]

    mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
      changes += 1
      defer { waiting = [:] }
      return Array(waiting.values)
    }
  }

  private let guarded: Mutex<Guarded>

  init(_ state: State) { guarded = Mutex(Guarded(state: state)) }

  func read<Value>(_ body: (State) throws -> Value) rethrows -> Value { try guarded.withLock { try body($0.state) } }

  /// Everyone who waits looks again afterwards.
  func change<Value>(_ body: (inout State) throws -> Value) rethrows -> Value {
    var woken: [CheckedContinuation<Void, Never>] = []
    defer { for task in woken { task.resume() } }
    return try guarded.withLock { guarded in
      defer { woken = guarded.takeWaiting() }
      return try body(&guarded.state)
    }
  }

  /// Tries now and after each change until there is an answer.
  ///
  /// - Parameter attempt: returns `nil`, and changes nothing, as long as it has to wait.
  /// - Throws: `CancellationError`; what `attempt` throws.
  func wait<Value>(for attempt: (inout State) throws -> Value?) async throws -> Value {
    while true {
      try Task.checkCancellation()
      var woken: [CheckedContinuation<Void, Never>] = []
      let (answer, seen, ticket) = try guarded.withLock { guarded in
        let answer = try attempt(&guarded.state)
        if answer != nil { woken = guarded.takeWaiting() }
        guarded.tickets += 1
        return (answer, guarded.changes, guarded.tickets)
      }
      for task in woken { task.resume() }
      if let answer { return answer }
      await pause(ticket, unlessChangedSince: seen)
    }
  }

  /// Waits until a state is reached that is not changed by it.
  func wait(until isReached: (State) throws -> Bool) async throws {
    _ = try await wait { state in try isReached(state) ? true : nil }
  }

  private func pause(_ ticket: Int, unlessChangedSince seen: Int) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { task in
        let waits = guarded.withLock { guarded in
          // A cancellation before this is seen here, one after it finds the ticket.
          guard guarded.changes == seen, !Task.isCancelled else { return false }
          guarded.waiting[ticket] = task
          return true
        }
        if !waits { task.resume() }
      }
    } onCancel: {
      guarded.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
    }
  }
}
