package import Files

/// A tar archive on its way into a pipe.
///
/// Until it is finished, what has been written ends in the middle of a block. So an archive that is cut off, also by `kill -9`, is one
/// that every tar refuses: one that ends between two members would be taken for whole.
package final class TarStream {
  private static let chunk = 1 << 20
  private static let middle = TarMember.blockSize / 2

  private let output: ByteOutput
  private var buffer: [UInt8] = []
  /// Bytes put in so far.
  private(set) package var byteCount = 0

  package init(to output: ByteOutput) { self.output = output }

  package func put(_ bytes: [UInt8]) throws {
    buffer += bytes
    byteCount += bytes.count
    guard buffer.count >= Self.chunk + TarMember.blockSize else { return }
    // Written so far: always this much beyond a multiple of a block.
    let excess = (byteCount - Self.middle) % TarMember.blockSize
    try write(buffer.count - excess)
  }

  /// Two empty blocks end an archive.
  package func finish() throws {
    let end = [UInt8](repeating: 0, count: 2 * TarMember.blockSize)
    buffer += end
    byteCount += end.count
    try write(buffer.count)
  }

  private func write(_ count: Int) throws {
    try ExportError.writing { try buffer.withUnsafeBytes { try output.write(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) } }
    buffer.removeFirst(count)
  }
}
