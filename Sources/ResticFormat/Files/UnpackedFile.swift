/// The sealed form of index, snapshot and lock files: JSON, nearly always compressed.
///
///     sealed( 0x02 ‖ zstd(JSON) )      what version 2 writes
///     sealed( JSON )                   accepted: starts with '{' or '['
///
/// Source: restic `internal/repository/repository.go`, `SaveUnpacked`, `LoadUnpacked`, `decompressUnpacked`.
package enum UnpackedFile {
  private static let compressedMark: UInt8 = 2

  package static func seal(_ json: [UInt8], with key: SealingKey, compression: Compression, random: RandomSource) -> [UInt8] {
    guard let frame = compression.compress(json) else { return key.seal(json, random: random) }
    return key.seal([compressedMark] + frame, random: random)
  }

  /// The same bytes for the same JSON, as long as libzstd compresses it the same.
  package static func sealRepeatably(_ json: [UInt8], with key: SealingKey, compression: Compression) -> [UInt8] {
    let frame = compression.compress(json).map { [compressedMark] + $0 }
    return key.sealRepeatably(frame ?? json, as: .unpackedFile)
  }

  package static func unseal(_ file: [UInt8], with key: SealingKey, compression: Compression) throws(FormatError) -> [UInt8] {
    let content = try key.unseal(file)
    switch content.first {
    case compressedMark: return try compression.decompress(content[1...], declared: nil)
    case UInt8(ascii: "{"), UInt8(ascii: "["): return content
    case nil: throw FormatError(.malformed, "is empty once opened")
    case let mark?: throw FormatError(.unsupported, "is stored in an encoding this program does not know (\(mark))")
    }
  }
}
