import Files
import Foundation
package import SystemPackage

/// What a program read, wrote and opened below some folders, as strace saw it.
package struct SystemCalls: Codable, Sendable, Equatable {
  /// Of the folder that is read: the data folder, or for a restore the repository.
  package var bytesRead = 0
  /// Files of that folder, once for each time; folders are not counted.
  package var filesOpened = 0
  /// Below the folder restored to.
  package var bytesWritten = 0

  private static let traced =
    "openat,open,read,pread64,preadv,preadv2,readv,mmap,copy_file_range,sendfile,write,pwrite64,pwritev,pwritev2,writev"

  /// A program as it runs under strace. Of data no bytes are written down.
  static func traced(_ program: ChildProgram, to file: FilePath) -> ChildProgram {
    var traced = program
    traced.arguments =
      ["strace", "-f", "--seccomp-bpf", "-y", "-s", "0", "-e", "signal=none", "-e", "trace=\(Self.traced)", "-o", file.string]
      + program.arguments
    return traced
  }

  /// - Parameter file: what strace wrote.
  package init(of file: FilePath, source: FilePath, target: FilePath?) throws {
    guard let stream = fopen(file.string, "r") else { throw BenchError("strace left no file '\(file)'") }
    defer { fclose(stream) }
    var reader = CallReader(source: source.string + "/", target: target.map { $0.string + "/" })
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, stream) > 0 { if let line { reader.take(String(cString: line)) } }
    self = reader.counts
  }

  init() {}
}

/// Reads strace's lines: `PID CALL(ARGUMENTS) = RESULT`, descriptors with their paths, calls of several threads cut in two.
struct CallReader {
  let source: String
  let target: String?
  private(set) var counts = SystemCalls()
  /// By process: what was said before another one spoke.
  private var begun: [Substring: String] = [:]

  init(source: String, target: String?) {
    self.source = source
    self.target = target
  }

  mutating func take(_ text: String) {
    let line = text.hasSuffix("\n") ? text.dropLast() : text[...]
    guard let space = line.firstIndex(of: " ") else { return }
    let process = line[..<space]
    let call = line[space...].drop { $0 == " " }
    if let cut = call.range(of: " <unfinished ...>") {
      begun[process] = String(call[..<cut.lowerBound])
    } else if call.hasPrefix("<... "), let end = call.range(of: " resumed>") {
      count((begun.removeValue(forKey: process) ?? "") + call[end.upperBound...])
    } else {
      count(String(call))
    }
  }

  private mutating func count(_ call: String) {
    guard let open = call.firstIndex(of: "("), let equals = call.range(of: " = ", options: .backwards) else { return }
    let arguments = call[call.index(after: open)..<equals.lowerBound]
    let result = call[equals.upperBound...]
    let paths = Self.paths(in: arguments)
    let amount = Int(result.prefix { $0.isNumber }) ?? 0
    switch call[..<open] {
    case "openat", "open":
      if let path = Self.paths(in: result).first, isOfSource(path), !arguments.contains("O_DIRECTORY"), !Self.isFolder(path) {
        counts.filesOpened += 1
      }
    case "mmap":
      if let path = paths.first, isOfSource(path), !result.hasPrefix("-1") {
        counts.bytesRead += arguments.split(separator: ",").dropFirst().first.flatMap { Int($0.drop { $0 == " " }) } ?? 0
      }
    case "read", "pread64", "preadv", "preadv2", "readv":
      if let path = paths.first, isOfSource(path) { counts.bytesRead += amount }
    case "write", "pwrite64", "pwritev", "pwritev2", "writev":
      if let path = paths.first, isOfTarget(path) { counts.bytesWritten += amount }
    case "copy_file_range":
      if let path = paths.first, isOfSource(path) { counts.bytesRead += amount }
      if let path = paths.last, isOfTarget(path) { counts.bytesWritten += amount }
    case "sendfile":
      if let path = paths.last, isOfSource(path) { counts.bytesRead += amount }
    default: return
    }
  }

  private func isOfSource(_ path: Substring) -> Bool { path.hasPrefix(source) }
  private func isOfTarget(_ path: Substring) -> Bool { target.map { path.hasPrefix($0) } ?? false }

  private static func isFolder(_ path: Substring) -> Bool { (try? FileMetadata.of(FilePath(String(path))))?.kind == .folder }

  /// What stands in angle brackets: the paths of descriptors.
  private static func paths(in text: Substring) -> [Substring] {
    text.split(separator: "<").dropFirst().compactMap { part in part.firstIndex(of: ">").map { part[..<$0] } }
  }
}
