import Files
import Foundation
import Primitives
import SystemPackage

/// Docker Compose, as the host has it. What it says goes to standard error.
struct ComposeCommand {
  let console: Console

  /// - Throws: `ComposeCommandError` if there is none, or if it fails.
  func up(in folder: FilePath) async throws {
    guard let command = Self.installed() else { throw Self.missing }
    let arguments = command + ["up", "--detach"]
    console.note("in \(folder): \(arguments.map(\.asShellWord).joined(separator: " "))")
    let status = try await run(arguments, in: folder)
    guard status == 0 else {
      throw ComposeCommandError(
        summary: "'\(arguments.joined(separator: " "))' in '\(folder)' ended with status \(status)",
        hints: ["what it says is above; correct it, then run the same command again: everything before this step is done"])
    }
  }

  static var missing: ComposeCommandError {
    ComposeCommandError(
      summary: "neither 'docker compose' nor 'docker-compose' is on this host",
      hints: ["install it: apt-get install docker-compose-v2 (Ubuntu) or docker-compose (Debian); then run the same command again"])
  }

  static func installed() -> [String]? {
    if (try? status(of: ["docker", "compose", "version"])) == 0 { return ["docker", "compose"] }
    if (try? status(of: ["docker-compose", "version"])) == 0 { return ["docker-compose"] }
    return nil
  }

  private static func status(of command: [String]) throws -> Int32 {
    let process = process(command)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private func run(_ command: [String], in folder: FilePath) async throws -> Int32 {
    let process = Self.process(command)
    process.currentDirectoryURL = URL(filePath: folder.string)
    process.standardOutput = FileHandle.standardError
    return try await withCheckedThrowingContinuation { task in
      process.terminationHandler = { task.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { task.resume(throwing: error) }
    }
  }

  private static func process(_ command: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.standardInput = FileHandle.nullDevice
    return process
  }
}

struct ComposeCommandError: Explainable {
  let summary: String
  let hints: [String]
}
