import Glibc
package import SystemPackage

/// A descriptor that bytes are written to in order: a pipe, a file.
package struct ByteOutput: Sendable {
  private let descriptor: Int32
  /// In messages.
  private let name: FilePath

  package static let standardOutput = ByteOutput(descriptor: STDOUT_FILENO, name: "standard output")

  package init(descriptor: Int32, name: FilePath) {
    self.descriptor = descriptor
    self.name = name
  }

  package var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Writes all of it, however slowly the other end reads.
  package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if count < 0 {
        if Glibc.errno == EINTR { continue }
        throw FileError("write", name, .current)
      }
      done += count
    }
  }
}
