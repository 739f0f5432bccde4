import Synchronization

/// The last value of something that goes on elsewhere, such as progress.
final class Latest<Value: Sendable>: Sendable {
  private let state = Mutex<Value?>(nil)

  var current: Value? { state.withLock { $0 } }

  func set(_ value: Value) { state.withLock { $0 = value } }
}
