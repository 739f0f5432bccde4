import Files
import Repositories
import Status
import Stores

extension Configuration {
  /// Tries what a place does, and remembers it.
  func tryOut(_ copy: Repository, _ console: Console) async throws -> StoreTraits {
    let traits = try await copy.traits()
    remember(console) { records in
      let now = Environment.now.seconds
      records[copy.address, default: LocationRecord()].lastSeen = now
      records[copy.address]?.protection = .init(isProtected: traits.isProtected, remark: traits.remark, time: now)
    }
    return traits
  }
}
