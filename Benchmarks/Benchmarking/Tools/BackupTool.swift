import SystemPackage

package enum ToolName: String, CaseIterable, Codable, Sendable {
  case akiba, restic, borg, rsync
}

/// Where one tool works in one round.
struct ToolPlace {
  /// The data folder that is backed up.
  let live: FilePath
  /// Only this tool's, only in this round.
  let home: FilePath

  var repository: FilePath { home.appending("repository") }
}

/// A tool with a repository of its own, as commands to run.
protocol BackupTool {
  var place: ToolPlace { get }

  /// Makes the repository.
  var preparation: [ChildProgram] { get }

  /// - Parameter number: counts the snapshots, from 0.
  mutating func backup(_ number: Int) -> ChildProgram

  /// Into an empty folder, which is there.
  func restore(_ number: Int, to target: FilePath) -> ChildProgram

  /// Over the restored snapshot before.
  func deltaRestore(_ number: Int, to target: FilePath) -> ChildProgram

  /// The folder below `target` that corresponds to the data folder.
  func restoredData(in target: FilePath) throws -> FilePath

  /// Reads everything that is stored.
  var check: ChildProgram { get }

  /// Proves the live data folder, if the tool can.
  var proof: ChildProgram? { get }

  /// Why a run was none, though it may have ended well.
  func complaint(about outcome: ChildProgram.Outcome, of step: Step) -> String?

  /// Figures that the tool itself gives.
  mutating func facts(in outcome: ChildProgram.Outcome) -> [String: Double]
}

extension BackupTool {
  var proof: ChildProgram? { nil }

  func complaint(about outcome: ChildProgram.Outcome, of step: Step) -> String? { outcome.exit == 0 ? nil : outcome.lastWords }

  func facts(in outcome: ChildProgram.Outcome) -> [String: Double] { [:] }
}
