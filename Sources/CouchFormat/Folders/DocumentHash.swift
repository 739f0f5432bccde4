import CZlib

/// Which shard a document belongs to: CRC-32 of its id.
///
/// In partitioned databases only what stands before the first colon counts, unless the id begins with an underscore.
/// Source: apache/couchdb `mem3_hash.erl`, `couch_partition.erl`, `hash/1`.
package enum DocumentHash {
  package static func of(_ id: some StringProtocol, partitioned: Bool = false) -> UInt32 {
    of(Array(id.utf8)[...], partitioned: partitioned)
  }

  static func of(_ id: ArraySlice<UInt8>, partitioned: Bool) -> UInt32 {
    var hashed = id
    if partitioned, id.first != UInt8(ascii: "_"), let colon = id.firstIndex(of: UInt8(ascii: ":")) { hashed = id[..<colon] }
    return hashed.withUnsafeBytes { UInt32(truncatingIfNeeded: crc32_z(0, $0.bindMemory(to: UInt8.self).baseAddress, $0.count)) }
  }
}
