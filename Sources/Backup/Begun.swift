/// Work that was begun before its value is needed, and goes on beside other work.
package struct Begun<Value: Sendable>: Sendable {
  private let task: Task<Value, any Error>

  /// What came of the work. May be asked for more than once.
  package var value: Value {
    get async throws { try await task.value }
  }

  /// Runs `body` while `work` goes on; both have ended when this returns.
  package static func during<Result>(
    _ work: @escaping @Sendable () async throws -> Value, _ body: (Begun) async throws -> Result
  ) async throws -> Result {
    let begun = Begun(task: Task { try await work() })
    do {
      let result = try await body(begun)
      _ = await begun.task.result
      return result
    } catch {
      begun.task.cancel()
      _ = await begun.task.result
      throw error
    }
  }
}
