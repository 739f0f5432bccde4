/// How thorough a prune is.
package struct PruneLimits: Sendable, Hashable {
  /// What may stay in packs though nothing needs it.
  package enum Unused: Sendable, Hashable {
    /// Of all that is stored afterwards; below 100.
    case percent(Double)
    case bytes(Int)

    /// - Parameter used: bytes that are needed.
    func bytes(besides used: Int) -> Int {
      switch self {
      case .percent(let percent): Int(Double(used) * percent / (100 - percent))
      case .bytes(let bytes): bytes
      }
    }
  }

  package var maxUnused = Unused.percent(5)
  /// Bytes moved into new packs at most; `nil`: as many as `maxUnused` asks for.
  package var maxRewritten: Int?
  /// A new pack is finished once its sealed blobs reach this many bytes.
  package var packSize = 16 << 20
  /// Blobs in one pack at most.
  package var blobsPerPack = 10_000
  /// Packs below a quarter of `packSize`, of one kind, that are left alone; more are put together.
  package var smallPacks = 8
  /// Index files that hold less than half of what fits, that are left alone.
  package var smallIndexes = 16
  /// Blobs in one index file at most.
  package var blobsPerIndex = 50_000

  package init() {}
}
