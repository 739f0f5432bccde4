import Foundation
import SystemPackage
import TestSupport
import Testing

/// The `restic` of the distribution, our oracle. Not installed is a failure, never a skip.
struct StockRestic {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  struct Missing: Error, CustomStringConvertible {
    var description: String { "stock restic is needed to run this test: install restic (apt-get install restic)" }
  }

  static let password = "correct horse"

  let repository: String
  var password = Self.password

  /// Runs restic to its end.
  @discardableResult
  func run(_ arguments: String..., in folder: String? = nil, expecting status: Int32? = 0) throws -> Outcome {
    try run(arguments, in: folder, expecting: status)
  }

  @discardableResult
  func run(_ arguments: [String], in folder: String? = nil, expecting status: Int32? = 0) throws -> Outcome {
    let output = try start(arguments, in: folder).wait()
    if let status {
      #expect(output.status == status, "restic \(arguments.joined(separator: " ")): \(output.text)\(output.standardError)")
    }
    return Outcome(status: output.status, output: output.text, errors: output.standardError)
  }

  /// Starts restic and leaves it running.
  func start(_ arguments: String...) throws -> Program.Running { try start(arguments, in: nil) }

  private func start(_ arguments: [String], in folder: String?) throws -> Program.Running {
    let paths = ["/usr/bin/restic", "/usr/local/bin/restic", "/bin/restic"]
    guard let path = paths.first(where: FileManager.default.isExecutableFile(atPath:)) else { throw Missing() }
    return try Program.start(
      path, ["--no-cache", "--repo", repository] + arguments,
      environment: ["RESTIC_PASSWORD": password, "HOME": "/nonexistent", "GOMAXPROCS": "2"], in: folder)
  }
}

/// A folder that is gone afterwards.
func withTemporaryFolder<Value>(_ body: (FilePath) async throws -> Value) async throws -> Value {
  let folder = FileManager.default.temporaryDirectory.appending(path: "akiba-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(FilePath(folder.path))
}
