import Foundation
import TestSupport
import Testing

/// A kit made by the built akiba, used as on a new host: no configuration, an empty home, and `/srv` empty.
final class MadeKit: Sendable {
  let folder: TemporaryFolder

  init(of deployment: TestDeployment, _ arguments: [String] = [], status: Int32 = 0) throws {
    folder = try TemporaryFolder()
    for name in ["home", "bin", "out"] {
      try FileManager.default.createDirectory(at: folder.url.appending(path: name), withIntermediateDirectories: true)
    }
    try "#!/bin/sh\nexec \"$@\"\n".write(toFile: folder.path("bin/sudo"), atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path("bin/sudo"))
    try FileManager.default.createSymbolicLink(atPath: folder.path("bin/akiba"), withDestinationPath: Akiba.executable())
    let output = try deployment.akiba(["kit", "--out", path] + arguments)
    try #require(output.status == status, "akiba kit: \(output.standardError)")
  }

  var path: String { folder.path("kit") }

  func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }

  /// The blocks of commands below a heading of `kit.md`, as printed.
  func blocks(below heading: String) throws -> [String] {
    let lines = try text("kit.md").split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("#") && $0.hasSuffix(" \(heading)") }, "no heading '\(heading)'")
    var blocks: [[Substring]] = []
    var isInside = false
    for line in lines[(start + 1)...] {
      if isInside {
        if line == "```" { isInside = false } else { blocks[blocks.count - 1].append(line) }
      } else if line == "```shell" {
        isInside = true
        blocks.append([])
      } else if line.hasPrefix("#") {
        break
      }
    }
    return blocks.map { $0.joined(separator: "\n") + "\n" }
  }

  /// What ran, and what other users of the host could have seen of it.
  struct Run {
    let output: Program.Output
    /// Command lines of all processes that were started.
    let commands: String
    /// Where the files are now that were restored to `/srv/restored`.
    let restored: String
  }

  /// Executes commands as root of a new host, in the kit's folder.
  func execute(_ script: String) throws -> Run {
    let name = UUID().uuidString
    try script.write(toFile: folder.path("\(name).sh"), atomically: true, encoding: .utf8)
    let out = folder.path("out/\(name)")
    let running = try Program.start(
      "/usr/bin/env",
      [
        "-i", "PATH=\(folder.path("bin")):/usr/sbin:/usr/bin:/sbin:/bin", "HOME=\(folder.path("home"))", "LANG=C.UTF-8", "unshare",
        "--mount",
        "--propagation", "private", "sh", "-c",
        #"mount -t tmpfs akiba-srv /srv && bash -e "$0" && { [ ! -e /srv/restored ] || cp -a /srv/restored "$1"; }"#,
        folder.path("\(name).sh"),
        out,
      ], in: path)
    var commands: Set<String> = []
    while running.isRunning {
      for process in [running.identifier] + Self.descendants(of: running.identifier) {
        guard let bytes = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { continue }
        commands.insert(String(decoding: bytes, as: UTF8.self))
      }
      usleep(2000)
    }
    return Run(output: try running.wait(), commands: commands.joined(separator: "\n"), restored: out)
  }

  private static func descendants(of process: Int32) -> [Int32] {
    let list = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
    let children = (list ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    return children + children.flatMap(descendants)
  }

  /// The built akiba with nothing but the kit.
  func akiba(_ arguments: [String]) throws -> Program.Output {
    try Program.run(
      "/usr/bin/env", ["-i", "PATH=/usr/bin:/bin", "HOME=\(folder.path("home"))", try Akiba.executable()] + arguments,
      in: folder.path("home"))
  }
}
