import SystemPackage

/// zstd at its usual level, and borg's fastest sealing.
struct Borg: BackupTool {
  let place: ToolPlace

  var preparation: [ChildProgram] { [command(["init", "--encryption", "repokey-blake2", place.repository.string])] }

  func backup(_ number: Int) -> ChildProgram { command(["create", "--compression", "zstd,3", archive(number), "."], in: place.live) }

  func restore(_ number: Int, to target: FilePath) -> ChildProgram { command(["extract", archive(number)], in: target) }

  func deltaRestore(_ number: Int, to target: FilePath) -> ChildProgram { restore(number, to: target) }

  func restoredData(in target: FilePath) -> FilePath { target }

  var check: ChildProgram { command(["check", "--verify-data", place.repository.string]) }

  private func archive(_ number: Int) -> String { "\(place.repository)::bench-\(number)" }

  private func command(_ arguments: [String], in folder: FilePath? = nil) -> ChildProgram {
    ChildProgram(
      ["borg"] + arguments, environment: ["BORG_BASE_DIR": place.home.appending("borg").string, "BORG_PASSPHRASE": "bench"], in: folder)
  }
}
