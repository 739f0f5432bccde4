import Primitives
import Repositories
import ResticFormat
import Stores

/// From plaintext to packs.
struct SealingParts {
  private static let sizes = [(1 << 20, "1 MiB"), (64 << 10, "64 KiB"), (4 << 10, "4 KiB")]
  private static let sampleSize = 16 << 20

  /// Real bytes, one file after the other.
  private let sample: [UInt8]
  private let key = SealingKey(random: .system)
  private let compression = Compression()

  init(_ files: [CorpusFile]) {
    var sample: [UInt8] = []
    for file in files where sample.count < Self.sampleSize { sample += file.bytes }
    self.sample = Array(sample.prefix(Self.sampleSize))
  }

  var measurements: [Measurement] {
    Self.sizes.flatMap { size, name in measurements(pieces(size), name) }
      + [Measurement(name: "pack writing into memory, 1 MiB pieces, one task", unit: .bytes) { try await writePacks() }]
  }

  private func measurements(_ pieces: [[UInt8]], _ size: String) -> [Measurement] {
    let bytes = pieces.reduce(0) { $0 + $1.count }
    return [
      Measurement(name: "SHA-256 of \(size)", unit: .bytes) {
        Speed.perSecond(bytes) { for piece in pieces { _ = ContentID(hashing: piece) } }
      },
      Measurement(name: "compressing \(size), level \(Compression.defaultLevel)", unit: .bytes) {
        Speed.perSecond(bytes) { for piece in pieces { _ = compression.compress(piece) } }
      },
      Measurement(name: "decompressing to \(size)", unit: .bytes) {
        let frames = pieces.compactMap { piece in compression.compress(piece).map { ($0, piece.count) } }
        return try Speed.perSecond(frames.reduce(0) { $0 + $1.1 }) {
          for (frame, count) in frames { _ = try compression.decompress(frame, declared: count) }
        }
      },
      Measurement(name: "sealing \(size)", unit: .bytes) {
        Speed.perSecond(bytes) { for piece in pieces { _ = key.seal(piece, random: .system) } }
      },
      Measurement(name: "unsealing \(size)", unit: .bytes) {
        let sealed = pieces.map { key.seal($0, random: .system) }
        return try Speed.perSecond(bytes) { for piece in sealed { _ = try key.unseal(piece) } }
      },
    ]
  }

  private func pieces(_ size: Int) -> [[UInt8]] {
    stride(from: 0, to: sample.count, by: size).map { Array(sample[$0..<min($0 + size, sample.count)]) }
  }

  /// Into an empty repository each time: what it has is not written again.
  private func writePacks() async throws -> Double {
    let pieces = pieces(1 << 20)
    return try await Speed.perSecond(sample.count) {
      let copies = try await Repository.create(
        in: [MemoryStore()], password: IndexFolder.password, surroundings: .ofBench, parameters: IndexFolder.quickScrypt)
      try await PackWriter.run(to: copies, indexes: [RepositoryIndex()]) { writer in
        for piece in pieces { _ = try await writer.save(piece, as: .data) }
        _ = try await writer.finish()
      }
    }
  }
}
