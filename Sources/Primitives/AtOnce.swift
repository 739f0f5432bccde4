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
}
