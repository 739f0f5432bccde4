import CouchFormat
import Deployments
import Files
import ResticFormat
import SystemPackage

/// The first pass of a backup: opens every file once and notes its newest valid header. Defines the moment.
struct Freeze {
  /// Files of one rank are frozen by so many tasks: where the disk has to fetch something, they wait at the same time.
  private static let lanes = 4
  /// Fewer are not worth a task.
  private static let fewestInLane = 64

  let deployment: Deployment
  let plans: [NodePlan]
  let memory: Memory
  let meter: ReadMeter
  let progress: BackupProgress
  let descriptorLimit: Int
  let clock: ContinuousClock = ContinuousClock()
  let now: @Sendable () -> Timestamp

  func run() async throws -> FrozenDeployment {
    if let untouched = memory.untouched { return untouched }
    var nodes = plans.map { NodeFreeze($0, self) }
    let order = order(of: nodes)
    // As many as the last snapshot has are those it has, but for a few.
    for planned in order where order.count > memory.files.count {
      try Task.checkCancellation()
      nodes[planned.node].readAhead(planned.file.path)
    }
    progress.update { $0.phase = .freezing }
    let start = clock.now
    try await freeze(order[...], &nodes)
    for index in nodes.indices { try nodes[index].reconcile() }
    let width = clock.now - start

    var frozen = FrozenDeployment(nodes: [], findings: [], leftOut: [], frozenAt: now(), width: width)
    for var node in nodes {
      node.forgiveUnnamed()
      node.checkIndexes()
      node.compareWithRemembered()
      node.reportOrphans()
      frozen.nodes.append(node.result)
      frozen.findings += node.findings
      frozen.leftOut += node.leftOut
      frozen.missing.formUnion(node.missing)
    }
    if memory.isLost {
      frozen.findings.append(
        Finding(
          .error, .memoryLost, file: SnapshotLayout.manifest,
          message: "no earlier snapshot can be read, so whether anything went back is not known",
          remedy: "run 'akiba check --read-data'; another location may have the snapshots whole"))
    }
    let map = MapCheck(frozen.nodes.map(\.mapped))
    frozen.findings += map.emptied()
    let uncovered = map.uncovered()
    frozen.findings += uncovered
    frozen.missing.formUnion(uncovered.filter { $0.severity == .error }.map(\.file))
    return frozen
  }

  private struct Planned: Sendable {
    let rank: Int
    let node: Int
    let file: DataFolderListing.File
  }

  /// Across all nodes in one order, so that no node's indexes are older than another's shards by more than the freeze.
  private func order(of nodes: [NodeFreeze]) -> [Planned] {
    let order = FreezeOrder(freezeLast: deployment.freezeLast)
    var plan: [Planned] = []
    for (index, node) in nodes.enumerated() {
      for file in node.plan.listing.files where deployment.indexes == .keep || !file.entry.isIndex {
        plan.append(Planned(rank: order.rank(file.entry), node: index, file: file))
      }
    }
    plan.sort { ($0.rank, $0.file.path) < ($1.rank, $1.file.path) }
    return plan
  }

  /// Rank after rank: what is of one rank does not depend on each other.
  private func freeze(_ order: ArraySlice<Planned>, _ nodes: inout [NodeFreeze]) async throws {
    var rest = order
    while let first = rest.first {
      let rank = rest.prefix { $0.rank == first.rank }
      rest = rest[rank.endIndex...]
      let length = max(Self.fewestInLane, (rank.count + Self.lanes - 1) / Self.lanes)
      let freezers = nodes.map(\.freezer)
      let outcomes = try await withThrowingTaskGroup(of: (start: Int, outcomes: [FileFreezer.Outcome]).self) { group in
        for start in stride(from: rank.startIndex, to: rank.endIndex, by: length) {
          let lane = rank[start..<min(start + length, rank.endIndex)]
          group.addTask { (start, try freeze(lane, freezers)) }
        }
        return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.start < $1.start }.flatMap(\.outcomes)
      }
      for (planned, outcome) in zip(rank, outcomes) { nodes[planned.node].note(outcome, planned.file.path, planned.file.entry) }
    }
  }

  private func freeze(_ lane: ArraySlice<Planned>, _ freezers: [FileFreezer]) throws -> [FileFreezer.Outcome] {
    try lane.map { planned in
      try Task.checkCancellation()
      defer { progress.update { $0.filesFrozen += 1 } }
      return freezers[planned.node].freeze(planned.file.path, planned.file.entry)
    }
  }
}
