import Crypto
import CryptoExtras
import Files
import FoundationEssentials
import Primitives
package import SystemPackage

/// A file of a snapshot on scratch disk for as long as it is proven: read from any offset, unreadable for anyone else.
///
/// Patients' data must not lie about unencrypted: the scratch file has no name, and its bytes are encrypted with a key that exists
/// only in this process. AES-CTR can start at any block, so reads decrypt just what they need.
package final class SealedScratch: RandomAccess {
  private static let blockSize = 16

  private let file: PartFile
  private let key = SymmetricKey(size: .bits256)
  package let byteCount: Int

  /// - Parameter folder: on a disk with `byteCount` bytes free.
  package init(in folder: FilePath, byteCount: Int) throws {
    file = try PartFile(creating: folder.appending(".akiba-\(UInt64.random(in: 0 ... .max))\(PartFile.suffix)"))
    file.discard()  // the name; the bytes live as long as the descriptor
    self.byteCount = byteCount
  }

  /// - Parameter offset: in bytes; need not be a multiple of the cipher's block.
  package func write(_ bytes: [UInt8], at offset: Int) throws {
    let lead = offset % Self.blockSize
    let padded = [UInt8](repeating: 0, count: lead) + bytes
    let sealed = try crypt(padded, block: offset / Self.blockSize)
    try file.write(Array(sealed[lead...]), at: offset)
  }

  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard offset >= 0, offset < byteCount else { return 0 }
    let wanted = min(buffer.count, byteCount - offset)
    let lead = offset % Self.blockSize
    let sealed = try file.read(at: offset - lead, count: lead + wanted)
    guard sealed.count > lead else { return 0 }
    let opened = try crypt(sealed, block: offset / Self.blockSize)
    buffer.copyBytes(from: opened[lead...])
    return opened.count - lead
  }

  /// CTR encrypts and decrypts alike. The counter block is the number of the first 16-byte block.
  private func crypt(_ bytes: [UInt8], block: Int) throws -> [UInt8] {
    var nonce = [UInt8](repeating: 0, count: Self.blockSize)
    for index in 0..<8 { nonce[15 - index] = UInt8(truncatingIfNeeded: block >> (index * 8)) }
    return [UInt8](try AES._CTR.encrypt(bytes, using: key, nonce: AES._CTR.Nonce(nonceBytes: nonce)))
  }
}
