import Files
import ResticFormat
import Status
import Stores

extension Configuration {
  /// Tries what a place does, and remembers it.
  func tryOut(_ store: any BlobStore, _ console: Console) async throws -> StoreTraits {
    let traits = try await store.traits(chance: RandomSource.system.bytes(16))
    remember(console) { records in
      let now = Environment.now.seconds
      records[store.address, default: LocationRecord()].lastSeen = now
      records[store.address]?.protection = .init(isProtected: traits.isProtected, remark: traits.remark, time: now)
    }
    return traits
  }
}
