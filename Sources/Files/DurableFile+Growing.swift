import Glibc
package import SystemPackage

extension DurableFile {
  /// Writes `bytes` at the end of a file that is there, and syncs it. A part of them that an interrupted call left is written over.
  ///
  /// - Parameter offset: Where the file ended before the first call; its size, or less after an interruption.
  package static func grow(_ path: FilePath, at offset: Int, by bytes: [UInt8]) throws(FileError) {
    let number = path.withPlatformString { open($0, O_WRONLY | O_CLOEXEC) }
    guard number >= 0 else { throw FileError("open for writing", path, .current) }
    defer { close(number) }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        pwrite(number, buffer.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      }
      if count < 0 {
        if Glibc.errno == EINTR { continue }
        throw FileError("write", path, .current)
      }
      done += count
    }
    guard fsync(number) == 0 else { throw FileError("make durable", path, .current) }
  }
}
