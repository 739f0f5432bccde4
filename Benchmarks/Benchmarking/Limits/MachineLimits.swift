import CLinux
import Files
import Glibc
import Primitives
import ResticFormat
package import SystemPackage

/// What one core of this machine, and its disk, can do with the bytes of a data folder: what no backup program gets past.
package struct MachineLimits: Codable, Sendable {
  package struct Part: Codable, Sendable {
    package let name: String
    package let bytesPerSecond: Double
    /// Bytes it has to do with for each byte of the source: only what compression leaves is sealed.
    package let share: Double
  }

  /// What a first backup has to do with each byte, in order.
  package let parts: [Part]
  package let writing: Part
  /// `nil` where the disk cannot be read past the page cache.
  package let directReading: Double?

  private static let pieceSize = 1 << 20
  private static let sampleSize = 128 << 20
  private static let diskPieceSize = 16 << 20
  private static let diskFiles = 32

  /// - Parameter scratch: on the disk that is to be measured; half a GB is written and removed.
  package static func measure(data: FilePath, scratch: FilePath) throws -> Self {
    let sample = try pieces(of: data)
    let bytes = sample.reduce(0) { $0 + $1.count }
    let compression = Compression()
    let key = SealingKey(random: .system)
    let frames = sample.map { compression.compress($0) ?? $0 }
    let left = Double(frames.reduce(0) { $0 + $1.count }) / Double(bytes)
    let sealed = frames.map { key.seal($0, random: .system) }
    let parts = [
      Part(name: "reading, page cache", bytesPerSecond: try reading(data), share: 1),
      Part(name: "SHA-256", bytesPerSecond: Speed.perSecond(bytes) { for piece in sample { _ = ContentID(hashing: piece) } }, share: 1),
      Part(
        name: "zstd level \(Compression.defaultLevel)",
        bytesPerSecond: Speed.perSecond(bytes) { for piece in sample { _ = compression.compress(piece) } }, share: 1),
      Part(
        name: "AES-256-CTR and Poly1305, sealing",
        bytesPerSecond: Speed.perSecond(Int(Double(bytes) * left)) { for frame in frames { _ = key.seal(frame, random: .system) } },
        share: left),
      Part(
        name: "unsealing to compare",
        bytesPerSecond: try Speed.perSecond(Int(Double(bytes) * left)) { for piece in sealed { _ = try key.unseal(piece) } }, share: left),
      Part(
        name: "decompressing to compare",
        bytesPerSecond: try Speed.perSecond(bytes) {
          for (frame, piece) in zip(frames, sample) where frame.count < piece.count {
            _ = try compression.decompress(frame, declared: piece.count)
          }
        }, share: 1),
    ]
    let disk = try disk(scratch, of: sample)
    return Self(
      parts: parts, writing: Part(name: "writing and fsync, 16 MiB files", bytesPerSecond: disk.writing, share: left),
      directReading: disk.directReading)
  }

  /// Bytes of the source a second, if all cores did nothing but these parts.
  package func firstBackup(cores: Int) -> Double { Double(cores) / parts.reduce(0) { $0 + $1.share / $1.bytesPerSecond } }

  private static func pieces(of folder: FilePath) throws -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var bytes = 0
    for path in try FileTree.files(below: folder).keys.sorted() {
      let file = try HeldFile(opening: folder.pushing(FilePath(path)))
      for offset in stride(from: 0, to: file.byteCount, by: pieceSize) {
        pieces.append(try file.bytes(at: offset, count: pieceSize))
        bytes += pieces.last?.count ?? 0
        if bytes >= sampleSize { return pieces }
      }
    }
    guard bytes > 0 else { throw BenchError("data folder '\(folder)' holds no bytes to measure with") }
    return pieces
  }

  private static func reading(_ folder: FilePath) throws -> Double {
    var paths: [FilePath] = []
    var bytes = 0
    for (path, size) in try FileTree.files(below: folder).sorted(by: { $0.key < $1.key }) where bytes < sampleSize {
      paths.append(folder.pushing(FilePath(path)))
      bytes += size
    }
    return try withUnsafeTemporaryAllocation(byteCount: pieceSize, alignment: 16) { buffer in
      try Speed.perSecond(bytes) {
        for path in paths {
          let file = try HeldFile(opening: path)
          for offset in stride(from: 0, to: file.byteCount, by: pieceSize) { _ = try file.read(at: offset, into: buffer) }
        }
      }
    }
  }

  private static func disk(_ scratch: FilePath, of sample: [[UInt8]]) throws -> (writing: Double, directReading: Double?) {
    let folder = scratch.appending("limits-\(getpid())")
    try Folder.make(folder)
    defer { try? Folder.remove(folder) }
    var piece: [UInt8] = []
    while piece.count < diskPieceSize { for part in sample where piece.count < diskPieceSize { piece += part } }
    piece.removeLast(piece.count - diskPieceSize)
    let files = (0..<diskFiles).map { folder.appending("\($0)") }
    sync()
    let start = ContinuousClock.now
    for file in files {
      try PartFile(creating: file).write(piece, at: 0)
      try file.syncFile()
    }
    let time = (ContinuousClock.now - start) / .seconds(1)
    return (Double(diskFiles * diskPieceSize) / time, directReading(files))
  }

  private static func directReading(_ files: [FilePath]) -> Double? {
    withUnsafeTemporaryAllocation(byteCount: pieceSize, alignment: 4096) { buffer in
      let start = ContinuousClock.now
      var bytes = 0
      for file in files {
        let number = open(file.string, O_RDONLY | O_CLOEXEC | Int32(AKIBA_O_DIRECT))
        guard number >= 0 else { return nil }
        defer { close(number) }
        while case let count = read(number, buffer.baseAddress, buffer.count), count > 0 { bytes += count }
      }
      return bytes == diskFiles * diskPieceSize ? Double(bytes) / ((ContinuousClock.now - start) / .seconds(1)) : nil
    }
  }
}
