import Glibc
import Primitives
import Synchronization
package import SystemPackage

/// An open file that is read from any offset, also after its name is gone or belongs to another file.
///
/// `byteCount` is the size at opening; reads never pass it. Bytes read are counted in `meter`, so that a run can say what it cost.
package final class HeldFile: RandomAccess {
  let descriptor: FileDescriptor
  private let meter: ReadMeter?
  package let path: FilePath
  package let metadata: FileMetadata

  package init(opening path: FilePath, meter: ReadMeter? = nil) throws(FileError) {
    let number = path.withPlatformString { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard number >= 0 else { throw FileError("open", path, .current) }
    var status = stat()
    guard fstat(number, &status) == 0 else {
      let reason = Errno.current
      close(number)
      throw FileError("look at", path, reason)
    }
    descriptor = FileDescriptor(rawValue: number)
    metadata = FileMetadata(status)
    self.path = path
    self.meter = meter
    meter?.opened()
    guard metadata.kind == .file else {
      throw FileError("read as a file", path, metadata.kind == .folder ? .isDirectory : .invalidArgument)
    }
  }

  deinit { try? descriptor.close() }

  package var byteCount: Int { metadata.size }

  package var identity: FileIdentity { FileIdentity(descriptor: descriptor.rawValue) }

  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard offset >= 0, offset < byteCount, let base = buffer.baseAddress else { return 0 }
    let wanted = min(buffer.count, byteCount - offset)
    var done = 0
    while done < wanted {
      let count = pread(descriptor.rawValue, base + done, wanted - done, off_t(offset + done))
      if count == 0 { break }
      if count < 0 {
        if Glibc.errno == EINTR { continue }
        throw FileError("read", path, .current)
      }
      done += count
    }
    meter?.read(done)
    return done
  }

  /// What the descriptor's file looks like now: it may have grown, been unlinked or truncated since.
  package func currentMetadata() throws(FileError) -> FileMetadata {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else { throw FileError("look at", path, .current) }
    return FileMetadata(status)
  }
}

/// Counts what is opened and read, across all files of a run.
package final class ReadMeter: Sendable {
  private let opens = Atomic<Int>(0)
  private let total = Atomic<Int>(0)

  package init() {}

  package var filesOpened: Int { opens.load(ordering: .relaxed) }
  /// Bytes read, headers looked at included.
  package var bytesRead: Int { total.load(ordering: .relaxed) }

  func opened() { opens.add(1, ordering: .relaxed) }
  func read(_ count: Int) { total.add(count, ordering: .relaxed) }
}
