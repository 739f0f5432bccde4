import Benchmarking
import Foundation
import SystemPackage

/// This program once more: what takes memory runs where it disturbs no measurement.
enum OwnProcess {
  static func output(of arguments: [String]) throws -> String {
    let outcome = try ChildProgram([Project.program.string] + arguments).run()
    guard outcome.exit == 0 else { throw BenchError("'bench \(arguments[0])' failed: \(outcome.lastWords)") }
    return outcome.output
  }

  static func result<Value: Decodable>(of arguments: [String]) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(try output(of: arguments).utf8))
  }
}
