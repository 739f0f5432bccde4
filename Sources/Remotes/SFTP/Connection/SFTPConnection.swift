import Glibc
import Stores

/// One ssh with an SFTP server behind it. Requests of several tasks share it. Letting go of it ends it.
final class SFTPConnection: Sendable {
  let command: SSHCommand
  private let wire: SFTPWire

  /// Returns before the server has answered: requests wait for that.
  init(_ command: SSHCommand) throws(StoreError) {
    self.command = command
    wire = try SFTPWire(command)
    let wire = wire
    var failure: Int32 = 0
    OwnThread.start {
      wire.run()
    } orElse: {
      failure = $0
    }
    guard failure == 0 else {
      wire.giveUp()
      throw StoreError(.other, "no thread for store '\(command.place.address)': \(String(cString: strerror(failure)))")
    }
  }

  deinit { wire.finish() }

  /// Why it serves no more.
  var end: StoreError? { wire.change { $0.end } }

  /// Waits until the server is ready.
  func features() async throws -> SFTPFeatures {
    _ = try await wait { exchange, id, waiter in exchange.awaitOpening(id, waiter) }
    return wire.change { $0.features }
  }

  /// - Throws: `StoreError` when the connection broke, `CancellationError` at once when the task is cancelled.
  func ask(_ request: SFTPRequest) async throws -> SFTPResponse {
    try await wait { exchange, id, waiter in
      exchange.ask(request, id, waiter)
      return nil
    }
  }

  /// Asks, and does not wait for the answer. Done after all small requests that were made before.
  ///
  /// - Returns: `false` if the connection is over.
  @discardableResult
  func post(_ request: SFTPRequest) -> Bool {
    let isOver = wire.change { exchange in
      if exchange.end == nil { exchange.ask(request, exchange.nextID(), nil) }
      return exchange.end != nil
    }
    if !isOver { wire.wake() }
    return !isOver
  }

  /// - Parameter enter: returns the answer if it is known already; otherwise the waiter gets it.
  private func wait(
    _ enter: @Sendable (inout SFTPExchange, UInt32, SFTPExchange.Waiter) -> SFTPResponse?
  ) async throws -> SFTPResponse {
    let id = wire.change { $0.nextID() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        let known: Result<SFTPResponse, any Error>? = wire.change { exchange in
          if let end = exchange.end { return .failure(end) }
          return enter(&exchange, id, waiter).map { .success($0) }
        }
        if let known { return waiter.resume(with: known) }
        wire.wake()
        // Cancelled before there was anything to abandon.
        if Task.isCancelled { abandon(id) }
      }
    } onCancel: {
      abandon(id)
    }
  }

  private func abandon(_ id: UInt32) { wire.change { $0.abandon(id) }?.resume(throwing: CancellationError()) }
}
