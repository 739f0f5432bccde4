import Files
import Foundation
import SystemPackage

struct Akiba: BackupTool {
  let program: FilePath
  let place: ToolPlace
  /// Ids of the snapshots, in order.
  private var snapshots: [String] = []

  init(_ program: FilePath, _ place: ToolPlace) {
    self.program = program
    self.place = place
  }

  private var configuration: String { place.home.appending("etc/akiba.yaml").string }

  var preparation: [ChildProgram] {
    [command(["init", "--data", place.live.string, "--to", "bench=\(place.repository)", "--quiet"])]
  }

  func backup(_ number: Int) -> ChildProgram { command(["backup", "--json"]) }

  func restore(_ number: Int, to target: FilePath) -> ChildProgram {
    command(["restore", snapshots.indices.contains(number) ? snapshots[number] : "latest", "--to", target.string, "--json"])
  }

  func deltaRestore(_ number: Int, to target: FilePath) -> ChildProgram {
    var program = restore(number, to: target)
    program.arguments.append("--delta")
    return program
  }

  func restoredData(in target: FilePath) throws -> FilePath {
    let nodes = target.appending("couchdb")
    guard let node = try Folder.entries(of: nodes).first else { throw BenchError("akiba restored no node into '\(target)'") }
    return nodes.appending(node.name).appending("data")
  }

  var check: ChildProgram { command(["check", "--read-data", "--json"]) }

  var proof: ChildProgram? { ChildProgram([program.string, "verify", "--data", place.live.string, "--json"]) }

  /// 3 means findings: those of a proof that it calls warnings are none against it.
  func complaint(about outcome: ChildProgram.Outcome, of step: Step) -> String? {
    if step == .proof, [0, 3].contains(outcome.exit) {
      return facts(of: outcome, "proof")["errors"] == 0 ? nil : "the proof found errors: \(outcome.lastWords)"
    }
    return outcome.exit == 0 ? nil : outcome.lastWords
  }

  mutating func facts(in outcome: ChildProgram.Outcome) -> [String: Double] {
    for object in Self.objects(in: outcome) where object["type"] as? String == "backup" {
      if let snapshot = object["snapshot"] as? String { snapshots.append(snapshot) }
    }
    return ["backup", "restore", "proof"].reduce(into: [:]) { $0.merge(facts(of: outcome, $1)) { $1 } }
  }

  private func facts(of outcome: ChildProgram.Outcome, _ type: String) -> [String: Double] {
    let event = Self.objects(in: outcome).last { $0["type"] as? String == type } ?? [:]
    return event.compactMapValues { ($0 as? NSNumber)?.doubleValue }
  }

  private static func objects(in outcome: ChildProgram.Outcome) -> [[String: Any]] {
    outcome.output.split(separator: "\n").compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
  }

  private func command(_ arguments: [String]) -> ChildProgram {
    ChildProgram([program.string] + arguments + ["--config", configuration])
  }
}
