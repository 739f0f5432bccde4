/// Several things at once, but not all.
package enum AtOnce {
  private struct Numbered<Value: Sendable>: Sendable {
    let number: Int
    let value: Value
  }

  /// - Returns: what `body` makes of each, in their order.
  package static func map<Item: Sendable, Value: Sendable>(
    _ items: [Item], atMost window: Int, _ body: @escaping @Sendable (Item) async throws -> Value
  ) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Numbered<Value>.self) { group in
      var values = [Value?](repeating: nil, count: items.count)
      for (number, item) in items.enumerated() {
        if number >= max(1, window), let done = try await group.next() { values[done.number] = done.value }
        group.addTask { Numbered(number: number, value: try await body(item)) }
      }
      for try await done in group { values[done.number] = done.value }
      return values.compactMap { $0 }
    }
  }

  /// As `map`, for many small items: each task works on a run of them.
  ///
  /// - Parameter longestRun: so that one task with much to do does not keep the others waiting for the end.
  /// - Returns: what `body` makes of each run, in their order.
  package static func mapRuns<Item: Sendable, Value: Sendable>(
    of items: [Item], atMost window: Int, longestRun: Int, _ body: @escaping @Sendable (ArraySlice<Item>) async throws -> Value
  ) async throws -> [Value] {
    let length = max(1, min(longestRun, (items.count + window - 1) / max(1, window)))
    let runs = stride(from: 0, to: items.count, by: length).map { items[$0..<min($0 + length, items.count)] }
    return try await map(runs, atMost: window, body)
  }
}
