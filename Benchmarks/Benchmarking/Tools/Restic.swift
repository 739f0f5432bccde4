import SystemPackage

/// With what it does when nobody says otherwise, in a repository of version 2, as akiba's are.
struct Restic: BackupTool {
  let place: ToolPlace

  var preparation: [ChildProgram] { [command(["init", "--repository-version", "2"])] }

  func backup(_ number: Int) -> ChildProgram { command(["backup", "--tag", "bench-\(number)", place.live.string]) }

  func restore(_ number: Int, to target: FilePath) -> ChildProgram {
    command(["restore", "latest", "--tag", "bench-\(number)", "--target", target.string])
  }

  func deltaRestore(_ number: Int, to target: FilePath) -> ChildProgram { restore(number, to: target) }

  func restoredData(in target: FilePath) -> FilePath { target.pushing(FilePath(root: nil, place.live.components)) }

  var check: ChildProgram { command(["check", "--read-data"]) }

  private func command(_ arguments: [String]) -> ChildProgram {
    ChildProgram(
      ["restic", "--quiet"] + arguments,
      environment: [
        "RESTIC_REPOSITORY": place.repository.string, "RESTIC_PASSWORD": "bench", "RESTIC_CACHE_DIR": place.home.appending("cache").string,
      ])
  }
}
