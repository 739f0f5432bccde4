import Benchmarking
import Dispatch
import Files
import Glibc
import SystemPackage

/// ^C, `kill` and a closed terminal: what runs is ended, what was made is removed.
struct Interruption {
  private static let interrupted: Int32 = 130
  private static let tries = 100
  private let sources: [any DispatchSourceSignal]

  init(removing folder: FilePath) {
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
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

  func stop() { for source in sources { source.cancel() } }
}
