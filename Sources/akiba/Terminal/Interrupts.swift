import Dispatch
import Glibc
import Synchronization

/// ^C, `kill` and a closed terminal: the first asks for a clean stop, the second stops at once.
struct Interrupts {
  private let sources: [any DispatchSourceSignal]

  /// - Parameter onFirst: called once, on a thread of its own.
  init(onFirst: @escaping @Sendable () -> Void) {
    let count = Counter()
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if count.next() == 1 { onFirst() } else { _exit(ExitStatus.interrupted.rawValue) }
      }
      source.resume()
      return source
    }
  }

  func stop() { for source in sources { source.cancel() } }

  private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func next() -> Int { value.add(1, ordering: .relaxed).newValue }
  }
}
