import CouchFormat
import Deployments
import Files
import ResticFormat
import SystemPackage

/// The first pass of a backup: opens every file once and notes its newest valid header. Defines the moment.
struct Freeze {
  let deployment: Deployment
  let plans: [NodePlan]
  let memory: Memory
  let meter: ReadMeter
  let progress: BackupProgress
  let descriptorLimit: Int
  let clock: ContinuousClock = ContinuousClock()
  let now: @Sendable () -> Timestamp

  func run() throws -> FrozenDeployment {
    if let untouched = memory.untouched { return untouched }
    var nodes = plans.map { NodeFreeze($0, self) }
    let order = order(of: nodes)
    for (node, file) in order {
      try Task.checkCancellation()
      nodes[node].readAhead(file.path)
    }
    progress.update { $0.phase = .freezing }
    let start = clock.now
    try freeze(order, &nodes)
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
    frozen.findings += MapCheck(frozen.nodes.map(\.mapped)).emptied()
    let uncovered = MapCheck(frozen.nodes.map(\.mapped)).uncovered()
    frozen.findings += uncovered
    frozen.missing.formUnion(uncovered.filter { $0.severity == .error }.map(\.file))
    return frozen
  }

  /// Across all nodes in one order, so that no node's indexes are older than another's shards by more than the freeze.
  private func order(of nodes: [NodeFreeze]) -> [(node: Int, file: DataFolderListing.File)] {
    let order = FreezeOrder(freezeLast: deployment.freezeLast)
    var plan: [(rank: Int, node: Int, file: DataFolderListing.File)] = []
    for (index, node) in nodes.enumerated() {
      for file in node.plan.listing.files where deployment.indexes == .keep || !file.entry.isIndex {
        plan.append((order.rank(file.entry), index, file))
      }
    }
    plan.sort { ($0.rank, $0.file.path) < ($1.rank, $1.file.path) }
    return plan.map { ($0.node, $0.file) }
  }

  private func freeze(_ order: [(node: Int, file: DataFolderListing.File)], _ nodes: inout [NodeFreeze]) throws {
    for (node, file) in order {
      try Task.checkCancellation()
      nodes[node].freeze(file.path, file.entry)
      progress.update { $0.filesFrozen += 1 }
    }
  }
}
