import Benchmarking
import SystemPackage

enum ToolVersions {
  /// - Returns: name → its own words.
  /// - Throws: if one is not installed.
  static func read(of tools: [ToolName], akiba: FilePath, withStrace: Bool) throws -> [String: String] {
    var commands = tools.map { tool in
      switch tool {
      case .akiba: (tool.rawValue, [akiba.string, "--version"])
      case .restic: (tool.rawValue, ["restic", "version"])
      case .borg, .rsync: (tool.rawValue, [tool.rawValue, "--version"])
      }
    }
    if withStrace { commands.append(("strace", ["strace", "--version"])) }
    var versions: [String: String] = [:]
    for (name, command) in commands {
      guard let outcome = try? ChildProgram(command).run(), outcome.exit == 0 else {
        throw BenchError(
          "\(name) does not run: '\(command[0])'",
          hints: [name == "akiba" ? "build it, or name it with --akiba" : "scripts/install-packages bench installs it"])
      }
      let words = outcome.output.split(separator: "\n").first.map(String.init) ?? "?"
      versions[name] = words.hasPrefix(name) ? words : "\(name) \(words)"
    }
    return versions
  }
}
