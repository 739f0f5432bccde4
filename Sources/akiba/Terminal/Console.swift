import FoundationEssentials
import Glibc
import Primitives
import Synchronization

/// Where a command speaks: results on standard output, progress and problems on standard error.
///
/// With `--json` standard output carries one JSON object a line and nothing else; `docs/json.md` is its contract.
final class Console: Sendable {
  let json: Bool
  private let quiet: Bool
  /// The descriptor of results.
  private let results: Int32
  /// Progress is redrawn in place; otherwise a few plain lines.
  let isLive: Bool
  private let drawnLines = Mutex(0)

  /// - Parameter keepsOutputFree: results go to standard error, too: standard output carries something else.
  init(json: Bool, quiet: Bool, keepsOutputFree: Bool = false) {
    self.json = json
    self.quiet = quiet
    results = keepsOutputFree ? STDERR_FILENO : STDOUT_FILENO
    isLive = isatty(STDERR_FILENO) == 1 && !json && !quiet && getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
  }

  /// A line of the result, for people.
  func say(_ line: String) {
    guard !json, !quiet else { return }
    clearStatus()
    write(line + "\n", to: results)
  }

  /// An object of the result, for programs.
  func emit(_ event: some Encodable) {
    guard json else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let line = try? encoder.encode(event) else { return }
    write(String(decoding: line, as: UTF8.self) + "\n", to: results)
  }

  /// A problem in the words of its finding.
  func report(_ text: String) {
    clearStatus()
    write(text + "\n", to: STDERR_FILENO)
  }

  func warn(_ message: String, hint: String? = nil) {
    clearStatus()
    write("warning: \(message)\n" + (hint.map { "hint: \($0)\n" } ?? ""), to: STDERR_FILENO)
  }

  func fail(_ error: any Explainable, status: ExitStatus) {
    clearStatus()
    emit(ErrorEvent(code: status.rawValue, message: error.summary, hints: error.hints))
    write("error: \(error.summary)\n" + error.hints.map { "hint: \($0)\n" }.joined(), to: STDERR_FILENO)
  }

  /// A plain progress line, for logs.
  func note(_ line: String) {
    guard !json, !quiet else { return }
    clearStatus()
    write(line + "\n", to: STDERR_FILENO)
  }

  /// Redraws the live block.
  func showStatus(_ lines: [String]) {
    guard isLive else { return }
    drawnLines.withLock { drawn in
      let text = Self.erasing(drawn) + lines.map { $0 + "\n" }.joined()
      write(text, to: STDERR_FILENO)
      drawn = lines.count
    }
  }

  func clearStatus() {
    drawnLines.withLock { drawn in
      guard drawn > 0 else { return }
      write(Self.erasing(drawn), to: STDERR_FILENO)
      drawn = 0
    }
  }

  /// Cursor up and erase, once a line.
  private static func erasing(_ lines: Int) -> String { String(repeating: "\u{1B}[1A\u{1B}[2K", count: lines) }

  private func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        guard errno == EINTR else { return }
      } else {
        bytes = bytes.dropFirst(count)
      }
    }
  }
}

private struct ErrorEvent: Encodable {
  let type = "error"
  let code: Int32
  let message: String
  let hints: [String]
}
