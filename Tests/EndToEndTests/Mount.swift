import Foundation
import TestSupport

/// A file system for one test: a small one, or a read-only look at a folder. Unmounted when the test lets go of it.
final class Mount: Sendable {
  let url: URL

  /// Root can mount; elsewhere these tests are skipped, visibly.
  static let isPossible: Bool = {
    guard geteuid() == 0, let folder = try? TemporaryFolder() else { return false }
    return (try? Mount(bytes: 1 << 20, at: folder.url.appending(path: "probe"))) != nil
  }()

  /// A file system in memory with room for so many bytes.
  init(bytes: Int, at url: URL) throws {
    self.url = url
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try Self.run("mount", ["-t", "tmpfs", "-o", "size=\(bytes)", "akiba-test", url.path])
  }

  /// A read-only look at a folder, as of a medium with a write protection.
  init(readOnly folder: URL, at url: URL) throws {
    self.url = url
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try Self.run("mount", ["--bind", folder.path, url.path])
    do {
      try Self.run("mount", ["-o", "remount,bind,ro", url.path])
    } catch {
      try? Self.run("umount", ["--lazy", url.path])
      throw error
    }
  }

  /// A small btrfs in a file beside it: it can let two files share blocks.
  init(sharingBlocksAt url: URL) throws {
    self.url = url
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    let image = url.path + ".image"
    try Self.run("truncate", ["--size", "160M", image])
    try Self.run("mkfs.btrfs", ["--quiet", image])
    try Self.run("mount", ["-o", "loop", image, url.path])
  }

  deinit { try? Self.run("umount", ["--lazy", url.path]) }

  struct Failed: Error { let text: String }

  private static func run(_ program: String, _ arguments: [String]) throws {
    let output = try Program.run("/usr/bin/env", [program] + arguments)
    guard output.status == 0 else { throw Failed(text: output.standardError) }
  }
}
