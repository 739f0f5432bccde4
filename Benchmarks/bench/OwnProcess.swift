import Benchmarking
import Foundation
import SystemPackage

/// This program once more: what takes memory runs where it disturbs no measurement.
enum OwnProcess {
  /// - Parameter scratch: where it makes what it removes itself in the end, unless it is killed.
  static func output(of arguments: [String], scratch: FilePath? = nil) throws -> String {
    let environment = scratch.map { ["TMPDIR": $0.string] } ?? [:]
    let outcome = try ChildProgram([Project.program.string] + arguments, environment: environment).run()
    guard outcome.exit == 0 else { throw BenchError("'bench \(arguments[0])' failed: \(outcome.lastWords)") }
    return outcome.output
  }

  static func result<Value: Decodable>(of arguments: [String], scratch: FilePath? = nil) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(try output(of: arguments, scratch: scratch).utf8))
  }
}
