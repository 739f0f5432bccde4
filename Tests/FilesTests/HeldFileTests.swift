import Files
import Foundation
import Primitives
import SystemPackage
import TestSupport
import Testing

struct HeldFileTests {
  private let folder: TemporaryFolder
  private let path: FilePath

  init() throws {
    folder = try TemporaryFolder()
    path = FilePath(folder.url.appending(path: "held").path)
    try Data("0123456789".utf8).write(to: URL(filePath: path.string))
  }

  @Test func `a closed file is open nowhere, though somebody still refers to it`() throws {
    let file = try HeldFile(opening: path)
    #expect(try file.bytes(at: 2, count: 3) == Array("234".utf8))
    #expect(OpenDescriptors.count(below: folder.path) == 1)

    file.close()
    file.close()

    #expect(OpenDescriptors.count(below: folder.path) == 0)
    #expect(file.byteCount == 10)
  }
}

struct FileSystemKindTests {
  @Test func `a file system of the kernel's own is not taken for a disk, nor is what is not there`() {
    #expect(!FileSystemKind.isLocal("/proc"))
    #expect(!FileSystemKind.isLocal("/proc/nothing/there"))
  }

  @Test func `a disk is local`() throws {
    let folder = try TemporaryFolder()

    #expect(FileSystemKind.isLocal(FilePath(folder.path)))
  }
}
