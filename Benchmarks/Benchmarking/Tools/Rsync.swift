import Files
import SystemPackage

/// A plain copy: no history, no compression, no encryption. What any backup may be held against.
struct Rsync: BackupTool {
  let place: ToolPlace

  let preparation: [ChildProgram] = []

  func backup(_ number: Int) -> ChildProgram { copy(place.live, place.repository) }

  func restore(_ number: Int, to target: FilePath) -> ChildProgram { copy(place.repository, target) }

  func deltaRestore(_ number: Int, to target: FilePath) -> ChildProgram { copy(place.repository, target) }

  func restoredData(in target: FilePath) -> FilePath { target }

  var check: ChildProgram { copy(place.live, place.repository, ["--checksum", "--dry-run", "--itemize-changes"]) }

  func complaint(about outcome: ChildProgram.Outcome, of step: Step) -> String? {
    if outcome.exit != 0 { return outcome.lastWords }
    return step == .check && !outcome.output.isEmpty ? "the copy differs: \(outcome.lastWords)" : nil
  }

  private func copy(_ source: FilePath, _ target: FilePath, _ options: [String] = []) -> ChildProgram {
    ChildProgram(["rsync", "--archive", "--delete"] + options + ["\(source)/", "\(target)/"])
  }
}
