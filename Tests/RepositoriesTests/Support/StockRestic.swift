import Foundation
import SystemPackage
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
    let (process, output, errors) = try process(arguments, in: folder)
    try process.run()
    process.waitUntilExit()
    let outcome = Outcome(
      status: process.terminationStatus, output: try Self.text(output), errors: try Self.text(errors))
    try? FileManager.default.removeItem(at: output)
    try? FileManager.default.removeItem(at: errors)
    if let status {
      #expect(outcome.status == status, "restic \(arguments.joined(separator: " ")): \(outcome.output)\(outcome.errors)")
    }
    return outcome
  }

  /// Starts restic and leaves it running.
  func start(_ arguments: String...) throws -> Process {
    let (process, _, _) = try process(arguments, in: nil)
    try process.run()
    return process
  }

  private func process(_ arguments: [String], in folder: String?) throws -> (Process, output: URL, errors: URL) {
    let paths = ["/usr/bin/restic", "/usr/local/bin/restic", "/bin/restic"]
    guard let path = paths.first(where: FileManager.default.isExecutableFile(atPath:)) else { throw Missing() }
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = ["--no-cache", "--repo", repository] + arguments
    process.environment = ["RESTIC_PASSWORD": password, "HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "GOMAXPROCS": "2"]
    if let folder { process.currentDirectoryURL = URL(filePath: folder) }
    // Files, not pipes: a full pipe would hang both of us.
    let base = FileManager.default.temporaryDirectory.appending(path: "restic-\(UUID().uuidString)")
    let (output, errors) = (base.appendingPathExtension("out"), base.appendingPathExtension("err"))
    for file in [output, errors] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    return (process, output, errors)
  }

  private static func text(_ file: URL) throws -> String { String(decoding: try Data(contentsOf: file), as: UTF8.self) }
}

/// A folder that is gone afterwards.
func withTemporaryFolder<Value>(_ body: (FilePath) async throws -> Value) async throws -> Value {
  let folder = FileManager.default.temporaryDirectory.appending(path: "akiba-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try await body(FilePath(folder.path))
}
