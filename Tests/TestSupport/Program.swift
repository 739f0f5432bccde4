import Foundation
import Synchronization

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

  /// Output goes to files, so that a program that says much never waits for a reader.
  package final class Running {
    private let process = Process()
    private let outputURL = FileManager.default.temporaryDirectory.appending(path: "akiba-out-\(UUID().uuidString)")
    private let errorURL = FileManager.default.temporaryDirectory.appending(path: "akiba-err-\(UUID().uuidString)")

    init(_ path: String, _ arguments: [String], environment: [String: String], folder: String?) throws {
      for url in [outputURL, errorURL] { try Data().write(to: url) }
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = try FileHandle(forWritingTo: outputURL)
      process.standardError = try FileHandle(forWritingTo: errorURL)
      try process.run()
    }

    package var isRunning: Bool { process.isRunning }
    package var identifier: Int32 { process.processIdentifier }

    package func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    package func wait() throws -> Output {
      process.waitUntilExit()
      defer { for url in [outputURL, errorURL] { try? FileManager.default.removeItem(at: url) } }
      return Output(
        status: process.terminationStatus, standardOutput: [UInt8](try Data(contentsOf: outputURL)),
        standardError: String(decoding: try Data(contentsOf: errorURL), as: UTF8.self))
    }
  }
}
