import Files
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

struct FolderSizeTests {
  private let folder: TemporaryFolder
  private var path: FilePath { FilePath(folder.path) }

  init() throws { folder = try TemporaryFolder() }

  private func add(_ name: String, size: Int) throws {
    let file = URL(filePath: folder.path(name))
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(count: size).write(to: file)
  }

  @Test func `files of all levels count, links do not`() throws {
    try add("a", size: 10)
    try add("b/c/d", size: 5)
    try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: folder.path("a"))

    #expect(FolderSize.of(path, atMost: 15) == 15)
    #expect(FolderSize.of(path, atMost: 14) == nil)
    #expect(FolderSize.of(path.appending("none"), atMost: 15) == nil)
  }

  /// In memory: few file systems on disks let a file claim 2^63 - 1 bytes.
  @Test func `sparse files of any size are too large, and nothing overflows`() throws {
    let folder = URL(filePath: "/dev/shm/akiba-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["a", "b"] {
      let number = open(folder.appending(path: name).path, O_WRONLY | O_CREAT, 0o600)
      defer { close(number) }
      try #require(ftruncate(number, off_t.max) == 0)
    }

    #expect(FolderSize.of(FilePath(folder.path), atMost: 1000) == nil)
    #expect(FolderSize.of(FilePath(folder.path), atMost: .max) == nil)
  }

  @Test func `a folder of too many entries is too large, wherever they lie`() throws {
    for index in 0..<6 { try add("\(index % 2)/\(index)", size: 0) }

    #expect(FolderSize.of(path, atMost: 100, entries: 8) == 0)
    #expect(FolderSize.of(path, atMost: 100, entries: 7) == nil)
  }
}
