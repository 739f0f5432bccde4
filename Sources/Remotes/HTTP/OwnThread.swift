import Glibc

/// Work that blocks, on a thread of its own.
enum OwnThread {
  /// - Parameter afterFailure: done on that thread once the caller has its error, so that it need not wait for this too.
  static func run<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value, afterFailure: @escaping @Sendable () -> Void
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      start {
        do {
          continuation.resume(returning: try work())
        } catch {
          continuation.resume(throwing: error)
          afterFailure()
        }
      } orElse: { number in
        continuation.resume(throwing: HTTPError(.unreachable, "no thread for a connection: \(String(cString: strerror(number)))"))
        afterFailure()
      }
    }
  }

  private final class Job: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// - Parameter orElse: told at once why there is no thread.
  static func start(_ run: @escaping @Sendable () -> Void, orElse: (_ errno: Int32) -> Void) {
    let job = Unmanaged.passRetained(Job(run: run))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { context in
        OwnThread.blockSignals()
        guard let context else { return nil }
        Unmanaged<Job>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, job.toOpaque())
    guard result == 0 else {
      job.release()
      return orElse(result)
    }
    pthread_detach(thread)
  }

  /// Signals are for the main thread; and a write to a closed connection must not end the program with SIGPIPE (some OpenSSL do that).
  private static func blockSignals() {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
  }
}
