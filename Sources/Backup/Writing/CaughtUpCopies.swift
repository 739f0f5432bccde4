import Primitives
import Repositories
import ResticFormat
import Stores

/// The locations of a run, and what those that had been away get meanwhile, so that one set of packs serves all.
struct CaughtUpCopies {
  private(set) var copies: [Repository] = []
  /// Of the copies, in their order: what they have, or will have once they got their backlog.
  private(set) var indexes: [RepositoryIndex] = []
  /// Of the copies, in their order: what they had before they got their backlog, oldest first.
  private var snapshots: [[StoredSnapshot]] = []
  private(set) var backlog = Backlog()
  private(set) var failures: [StoreFailure] = []
  private(set) var notes: [String] = []

  /// - Parameter unwanted: which of all snapshots a location is not to get.
  init(
    _ locked: [Repository], unwanted: @Sendable (_ address: String, _ all: [StoredSnapshot]) -> Set<ContentID>
  ) async throws {
    var inventories: [Inventory] = []
    for (copy, result) in zip(locked, try await Inventory.take(of: locked)) {
      switch result {
      case .success(let inventory): inventories.append(inventory)
      case .failure(let error): failures.append(StoreFailure(address: copy.address, error: error))
      }
    }
    if inventories.isEmpty, let first = failures.first { throw first.error }
    let all = Inventory.snapshots(of: inventories)
    var plans: [[CopyPlan]] = []
    for inventory in inventories {
      let siblings = inventories.filter { $0.repository.address != inventory.repository.address }
      let unwanted = unwanted(inventory.repository.address, all)
      let own = try await CatchUp.plans(for: inventory, from: siblings) { !unwanted.contains($0.id) }
      plans.append(own.plans)
      indexes.append(own.index)
      notes += own.damaged.map(\.summary)
      // What cannot be copied stays unknown to the writer and is stored again.
      notes += own.failures.map { failure in
        "nothing can be copied from '\(failure.address)': \((failure.error as? any Explainable)?.summary ?? "\(failure.error)")"
      }
      if inventory.missingPacks > 0 {
        notes.append(
          "'\(inventory.repository.address)' has lost \(inventory.missingPacks) packs that its index names; 'akiba check' lists them")
      }
    }
    copies = inventories.map(\.repository)
    snapshots = inventories.map(\.snapshots)
    backlog = Backlog(plans: plans, leftovers: try await Leftover.find(in: inventories, indexes: indexes))
  }

  /// Those that are complete come first: what a backlog brings cannot be read yet.
  var inReadingOrder: [(reader: RepositoryReader, snapshots: [StoredSnapshot])] {
    let order = copies.indices.sorted { (backlog.plans[$0].isEmpty ? 0 : 1, $0) < (backlog.plans[$1].isEmpty ? 0 : 1, $1) }
    return order.map { (RepositoryReader(copies[$0], index: indexes[$0]), snapshots[$0]) }
  }

  /// Bytes that are copied to locations that had been away, by address.
  var bytes: [String: Int] {
    Dictionary(zip(copies, backlog.plans).map { ($0.address, $1.reduce(0) { $0 + $1.bytes }) }.filter { $0.1 > 0 }) { $1 }
  }
}
