import CouchFormat
import Deployments
import Primitives
import Recovery
import SystemPackage

/// What makes CouchDB know a database whose files lie there, how to compare it, and how it goes again.
struct BesideSteps {
  let plan: BesidePlan
  let container: CouchContainer
  let dataFolder: FilePath
  let map: FilePath

  func show(on console: Console) {
    let name = plan.name.percentEncoded
    console.showSteps(
      .addDatabase, "next, to make it known to CouchDB (as root; nothing is restarted):",
      [container.request("PUT", "/_node/_local/_dbs/\(name)", sending: map)])
    console.showSteps(
      .compare, "then compare\(counts):", [container.request("GET", "/\(name)"), "akiba verify --data \(dataFolder.string.asShellWord)"])
    console.showSteps(.remove, "to remove it again, once CouchDB knows it:", [container.request("DELETE", "/\(name)")])
    console.showSteps(.remove, "or, as long as it does not:", removals)
  }

  private var counts: String {
    guard let expected = plan.manifest.databases.first(where: { $0.name == plan.database }) else { return "" }
    return ", doc_count has to be \(expected.documents) and doc_del_count \(expected.deleted)"
  }

  private var removals: [String] {
    let stem = "\(plan.name)\(plan.suffix)"
    return plan.ranges.map { range in
      let shard = dataFolder.appending("shards/\(range)/\(stem).couch").string.asShellWord
      let indexes = dataFolder.appending(".shards/\(range)/\(stem)_design").string.asShellWord
      return "rm -r -f \(shard) \(indexes)"
    }
  }
}
