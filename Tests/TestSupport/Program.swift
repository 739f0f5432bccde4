import Foundation

/// A program that a test runs: the built akiba, stock restic, tar.
package struct Program {
  package struct Output: Sendable {
    package let status: Int32
    package let standardOutput: [UInt8]
    package let standardError: String

    package var text: String { String(decoding: standardOutput, as: UTF8.self) }

    /// The objects of `--json` output.
    package func objects() throws -> [[String: Any]] {
      try text.split(separator: "\n").compactMap { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    }
  }

  /// Runs to its end. A program that cannot be started throws; one that fails does not.
  @discardableResult
  package static func run(
    _ path: String, _ arguments: [String] = [], environment: [String: String] = [:], in folder: String? = nil
  ) throws -> Output {
    try start(path, arguments, environment: environment, in: folder).wait()
  }

  package static func start(
    _ path: String, _ arguments: [String] = [], environment: [String: String] = [:], in folder: String? = nil
  ) throws -> Running {
    try Running(path, arguments, environment: environment, folder: folder)
  }

  struct Hangs: Error, CustomStringConvertible {
    let description: String
  }

  /// Output goes to files, so that a program that says much never waits for a reader.
  package final class Running: Sendable {
    /// Far above what any of them takes. Without it one that hangs keeps all tests from ever saying anything.
    private static let limit = Duration.seconds(900)

    private let process: ChildProcess
    private let command: String
    private let outputURL = FileManager.default.temporaryDirectory.appending(path: "akiba-out-\(UUID().uuidString)")
    private let errorURL = FileManager.default.temporaryDirectory.appending(path: "akiba-err-\(UUID().uuidString)")

    init(_ path: String, _ arguments: [String], environment: [String: String], folder: String?) throws {
      for url in [outputURL, errorURL] { try Data().write(to: url) }
      let output = try FileHandle(forWritingTo: outputURL)
      let error = try FileHandle(forWritingTo: errorURL)
      defer { for file in [output, error] { try? file.close() } }
      command = ([path] + arguments).joined(separator: " ")
      process = try ChildProcess(
        .init(
          path: path, arguments: arguments, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }, folder: folder,
          input: FileHandle.nullDevice.fileDescriptor, output: output.fileDescriptor, error: error.fileDescriptor))
    }

    package var isRunning: Bool { process.status() == nil }
    package var identifier: Int32 { process.identifier }

    package func signal(_ number: Int32) { if isRunning { kill(process.identifier, number) } }

    /// - Returns: the status as a shell has it for a program that ended by itself, the signal's number for one that a signal ended.
    @discardableResult
    package func wait() throws -> Output {
      defer { for url in [outputURL, errorURL] { try? FileManager.default.removeItem(at: url) } }
      guard let status = process.wait(atMost: Self.limit) else {
        signal(SIGKILL)
        let said = try String(decoding: Data(contentsOf: errorURL) + Data(contentsOf: outputURL), as: UTF8.self)
        throw Hangs(description: "still running after \(Self.limit): \(command); it said: \(said.suffix(2000))")
      }
      return Output(
        status: status & 0x7f == 0 ? status >> 8 & 0xff : status & 0x7f, standardOutput: [UInt8](try Data(contentsOf: outputURL)),
        standardError: String(decoding: try Data(contentsOf: errorURL), as: UTF8.self))
    }
  }
}
