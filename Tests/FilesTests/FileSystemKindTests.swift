import Files
import SystemPackage
import TestSupport
import Testing

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
