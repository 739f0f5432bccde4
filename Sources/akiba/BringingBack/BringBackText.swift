import Primitives
import Recovery
import ResticFormat
import SystemPackage

/// A restore of a deployment in words: before, meanwhile, and afterwards.
struct BringBackText {
  let plan: BringBackPlan
  let frozen: String
  /// Everything that is restored.
  let items: [SnapshotContents.Item]

  private var bytes: Int { size(of: items) }

  private func bytes(of part: BringBackPlan.Part) -> Int {
    size(of: items.filter { $0.path == part.place || $0.path.hasPrefix(part.place + "/") })
  }

  private func size(of items: [SnapshotContents.Item]) -> Int {
    items.reduce(0) { $0 + ($1.node.kind == .file ? Int(clamping: $1.node.size) : 0) }
  }

  func show(on console: Console) {
    console.emit(
      DeploymentPlanEvent(
        snapshot: plan.snapshot.hex, project: plan.project, staging: plan.staging, bytes: bytes, aside: plan.occupied,
        parts: plan.parts.map { .init(place: $0.place, target: $0.target, volume: $0.volume, bytes: bytes(of: $0)) },
        environment: plan.environment.changes.map { .init(name: $0.name, old: $0.old, new: $0.new) }))
    for line in lines { console.say(line) }
  }

  private var lines: [String] {
    var steps = [["restore \(Wording.bytes(bytes)) to '\(plan.staging)' and prove it"]]
    steps.append(["stop what runs of '\(plan.project)', its upgrade service first, and keep it from starting"])
    if !plan.occupied.isEmpty { steps.append(["move aside:"] + plan.occupied.map { "  \($0) -> \(plan.aside(FilePath($0)))" }) }
    steps.append(["put in place:"] + plan.parts.map(line) + changes)
    steps.append(["in \(plan.upgradeService): docker compose up --detach; then look whether all runs"])
    return ["restore of snapshot \(plan.snapshot.short), frozen at \(frozen), as project '\(plan.project)':"]
      + steps.enumerated().flatMap { number, step in step.enumerated().map { ($0 == 0 ? "  \(number + 1). " : "     ") + $1 } }
  }

  private func line(of part: BringBackPlan.Part) -> String {
    "  \(part.place) -> \(part.target)\(part.volume.map { " (volume \($0))" } ?? ""), \(Wording.bytes(bytes(of: part)))"
  }

  /// What is going to be another than it was.
  private var changes: [String] {
    var lines: [String] = plan.environment.changes.isEmpty ? [] : ["in '.env':"]
    for change in plan.environment.changes {
      if let old = change.old { lines.append("  - \(change.name)=\(old)") }
      lines.append("  + \(change.name)=\(change.new)")
    }
    lines += plan.nodes.map { "in the shard map: \($0.from) -> \($0.to)" }
    if plan.renewsIdentities { lines.append("in each shard: a new identity, so that consumers of changes read everything again") }
    return lines + plan.movedExtras.map { "check the compose files: they may name \($0.old), which is now at \($0.new)" }
  }

  static func line(for step: BringBackJournal.Step, _ plan: BringBackPlan) -> String {
    switch step {
    case .stage: "restoring to '\(plan.staging)'"
    case .prove: "proving it"
    case .adjust: "adjusting owners and '.env'"
    case .halt: "stopping what runs of '\(plan.project)'"
    case .volumes: "making the volumes"
    case .moveAside: "moving aside what is in the way"
    case .place: "putting the parts in their places"
    case .clear: "removing containers from before"
    case .start: "starting CHT"
    case .confirm: "waiting until all of it runs"
    case .tidy: "removing '\(plan.staging)'"
    }
  }

  private static func dataFolder(_ plan: BringBackPlan) -> String { plan.parts.first(where: \.isCouchDBs)?.target.asShellWord ?? "FOLDER" }

  /// What nobody but the operator can do now.
  static func afterwards(_ plan: BringBackPlan) -> [String] {
    [
      "the deployment is back, as it was when snapshot \(plan.snapshot.short) was frozen",
      "now:",
      "  - backups of this host are not set up: akiba init --to …, akiba backup, and a new kit: akiba kit --out FOLDER",
      "  - log in as the user, and with the password, that \(plan.upgradeService)/.env says; check DNS and the certificate from outside",
      "  - prove the data where they are: akiba verify --data \(dataFolder(plan))",
      "  - phones: keep users logged in, reinstall nothing, ask them to sync; expect a load peak",
      "  - users and passwords made since the snapshot are gone; messages may be sent twice",
      "  - if there is a cht-sync or couch2pg, it knows a later state: rewind or rebuild it (docs/operating.md, --new-identities)",
    ]
      + (plan.occupied.isEmpty
        ? []
        : [
          "  - what was there before is kept; when you are sure: rm -r "
            + plan.asides.map(\.string.asShellWord).joined(separator: " ")
        ])
  }
}

private struct DeploymentPlanEvent: Encodable {
  struct Part: Encodable {
    let place: String
    let target: String
    let volume: String?
    let bytes: Int
  }

  struct Change: Encodable {
    let name: String
    let old: String?
    let new: String
  }

  let type = "deployment-plan"
  let snapshot: String
  let project: String
  let staging: String
  let bytes: Int
  let aside: [String]
  let parts: [Part]
  let environment: [Change]
}
