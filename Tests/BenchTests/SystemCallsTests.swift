import Benchmarking
import Foundation
import SystemPackage
import TestSupport
import Testing

struct SystemCallsTests {
  @Test func `only what succeeded below the folder counts, also of calls that were cut in two`() throws {
    let folder = try TemporaryFolder()
    let file = folder.path("strace.txt")
    let lines = [
      #"7 openat(AT_FDCWD</root>, ""..., O_RDONLY|O_CLOEXEC) = 3</data/a.couch>"#,
      #"7 openat(AT_FDCWD</root>, ""..., O_RDONLY|O_CLOEXEC|O_DIRECTORY) = 4</data/shards>"#,
      #"7 openat(AT_FDCWD</root>, ""..., O_RDONLY) = -1 ENOENT (No such file or directory)"#,
      #"7 openat(AT_FDCWD</root>, ""..., O_RDONLY) = 5</etc/passwd>"#,
      #"7 read(3</data/a.couch>, ""..., 4096) = 1000"#,
      #"7 pread64(3</data/a.couch>, "", 4096, 1000) = 0"#,
      #"7 read(5</etc/passwd>, ""..., 4096) = 500"#,
      #"7 read(6</data2/a>, ""..., 4096) = 500"#,
      #"7 pread64(3</data/a.couch>,  <unfinished ...>"#,
      #"8 read(5</etc/passwd>, ""..., 4096) = 70"#,
      #"7 <... pread64 resumed>""..., 4096, 0) = 234"#,
      #"8 read(3</data/a.couch>, 0x7f, 10) = -1 EINTR (Interrupted system call)"#,
      #"8 mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, 3</data/a.couch>, 0) = 0x7f0000000000"#,
      #"8 write(9</target/b>, ""..., 77) = 77"#,
      #"8 copy_file_range(3</data/a.couch>, [0], 9</target/b>, [0], 100, 0) = 100"#,
    ]
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: file))

    let calls = try SystemCalls(of: FilePath(file), source: "/data", target: "/target")

    #expect(calls.bytesRead == 1000 + 234 + 8192 + 100)
    #expect(calls.filesOpened == 1)
    #expect(calls.bytesWritten == 77 + 100)
  }
}
