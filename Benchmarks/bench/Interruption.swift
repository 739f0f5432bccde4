import Benchmarking
import Dispatch
import Files
import Glibc
import SystemPackage

/// ^C, `kill` and a closed terminal: what runs is ended, what was made is removed.
struct Interruption {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  private static let interrupted: Int32 = 130
  private static let tries = 100
  private let sources: [any DispatchSourceSignal]
  /// Who takes it keeps it: either all is done, or this process ends here and does nothing else meanwhile.
  private let end: DispatchSemaphore

  init(removing folder: FilePath) {
    // libdispatch traps on one that ends with less than it began with.
    let end = DispatchSemaphore(value: 0)
    end.signal()
    self.end = end
    sources = Self.signals.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        end.wait()
        Progress.say("stopping …")
        ChildProgram.endAll()
        Self.remove(folder)
        _exit(Self.interrupted)
      }
      source.resume()
      return source
    }
  }

  /// Over and over for a while: something may just be writing or removing there.
  private static func remove(_ folder: FilePath) {
    for _ in 0..<tries {
      try? Folder.remove(folder)
      if case .some(.none) = try? FileMetadata.ifPresent(folder) { return }
      usleep(10_000)
    }
    Progress.say("hint: '\(folder)' could not be removed")
  }

  func stop() {
    end.wait()
    for source in sources { source.cancel() }
    for number in Self.signals { signal(number, SIG_DFL) }
  }
}
