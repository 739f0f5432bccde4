import Foundation

/// The smallest image: busybox, its commands as links, and files a test adds. Needs Debian's `busybox-static`.
package enum BusyboxImage {
  package static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/busybox")
  private static let commands = ["sh", "sleep", "cat", "ls", "mkdir", "ln", "chmod", "chown", "touch", "head", "echo", "true", "false"]

  /// Makes `archive`, a tar file for `docker import`.
  ///
  /// - Parameter files: by path without a leading slash.
  package static func write(to archive: String, adding files: [String: String] = [:]) throws {
    let root = try TemporaryFolder()
    for folder in ["bin", "tmp", "etc"] {
      try FileManager.default.createDirectory(at: root.url.appending(path: folder), withIntermediateDirectories: true)
    }
    try FileManager.default.copyItem(atPath: "/usr/bin/busybox", toPath: root.path("bin/busybox"))
    for command in commands {
      try FileManager.default.createSymbolicLink(atPath: root.path("bin/\(command)"), withDestinationPath: "busybox")
    }
    for (path, text) in files {
      let url = root.url.appending(path: path)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    let tar = try Program.run(
      "/usr/bin/env", ["tar", "--create", "--file", archive, "--owner=0", "--group=0", "--directory", root.path, "."])
    guard tar.status == 0 else { throw LeashedServer.Failed(description: tar.standardError) }
  }
}
