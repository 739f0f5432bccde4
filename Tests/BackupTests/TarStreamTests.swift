import Backup
import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

/// An archive that is cut off is one that tar refuses, wherever that happens.
struct TarStreamTests {
  /// Of three files, as `TarStream` writes it.
  private func archive(in folder: TemporaryFolder, finishing: Bool) throws -> [UInt8] {
    let path = folder.path("stream.tar")
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    let stream = TarStream(to: ByteOutput(descriptor: descriptor, name: FilePath(path)))
    for (name, size) in [("first", 3 << 20), ("second", 512), ("third", 1_500_001), ("fourth", 0)] {
      try stream.put(TarMember(name, .file(size: size), permissions: 0o600, owner: 0, group: 0, modified: 0).header)
      try stream.put([UInt8](repeating: 7, count: size))
      try stream.put(TarMember.padding(after: size))
    }
    if finishing { try stream.finish() }
    return [UInt8](try Data(contentsOf: URL(filePath: path)))
  }

  private func listing(of bytes: some Collection<UInt8>, in folder: TemporaryFolder) throws -> Program.Output {
    let path = folder.url.appending(path: "cut.tar")
    try Data(bytes).write(to: path)
    return try Program.run("/bin/sh", ["-c", "tar --list --file - <\"$0\"", path.path])
  }

  @Test func `a whole archive lists, one that was never finished does not`() throws {
    let folder = try TemporaryFolder()
    let whole = try archive(in: folder, finishing: true)
    let unfinished = try archive(in: folder, finishing: false)

    let listed = try listing(of: whole, in: folder)
    let refused = try listing(of: unfinished, in: folder)

    #expect(listed.status == 0 && listed.text == "first\nsecond\nthird\nfourth\n")
    #expect(refused.status != 0, "\(refused.text)")
    #expect(whole.starts(with: unfinished) && unfinished.count > whole.count / 2)
  }

  /// What a killed process has written is a number of whole writes, and of the last one a number of the pipe's pages.
  @Test func `wherever a write ends, a page of it too, tar notices`() throws {
    let folder = try TemporaryFolder()
    let whole = try archive(in: folder, finishing: true)
    let unfinished = try archive(in: folder, finishing: false)
    #expect(unfinished.count % 512 == 256)

    for cut in stride(from: unfinished.count, to: 0, by: -4096 * 97) {
      #expect(try listing(of: whole.prefix(cut), in: folder).status != 0, "cut at \(cut)")
    }
    #expect(try listing(of: [], in: folder).status != 0)
    // The reason for all this: an archive cut between two members is whole for tar.
    #expect(try listing(of: whole.prefix(512 + (3 << 20)), in: folder).status == 0)
  }
}
