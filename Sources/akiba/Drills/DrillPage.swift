import Deployments
import Primitives
import Recovery
import Status

/// What a drill's record says to a person, on paper too.
struct DrillPage {
  let record: DrillRecord

  func page() -> Page {
    Page(
      title: "Drill of '\(record.deployment)' from '\(record.location.name)': \(Self.verdict(of: record))",
      blocks: [.text(summary), .table(["", ""], facts), .heading(2, "How long it took")] + phases + [.heading(2, "What was compared")]
        + comparisons + [.heading(2, "Findings")] + findings + [.heading(2, "Is a drill able to fail?"), .text(rehearsal)] + [
          .heading(2, "Signed"), .text("Read by: ______________________________ Date: ________________"),
        ])
  }

  static func verdict(of record: DrillRecord) -> String {
    switch record.result {
    case .passed: record.serverProof?.passed == true ? "PASSED" : "PASSED (files alone)"
    case .failed: "FAILED"
    case .rehearsed: "FAILED, as rehearsed"
    case .unnoticed: "A PLANTED FAULT WAS NOT NOTICED"
    }
  }

  // MARK: Facts

  private var summary: String {
    switch record.result {
    case .passed where record.serverProof?.passed == true:
      "Everything was restored from this location alone, every file was proven, and a CouchDB that was started on it gave the same answers."
    case .passed:
      "Everything was restored from this location alone, and every file was proven. No CouchDB was started on it: "
        + (record.serverProof?.reason ?? "none was at hand") + "."
    case .failed: "**This copy could not be proven.** Do not count on it before the findings below are dealt with and a drill has passed."
    case .rehearsed:
      "A fault was planted in the scratch copy on purpose (\(record.rehearsal?.words ?? "")), and the drill found it. This says nothing bad of the location."
    case .unnoticed:
      "**A fault was planted in the scratch copy on purpose (\(record.rehearsal?.words ?? "")), and the drill did not find it.** Report this as a defect of Akiba."
    }
  }

  private var facts: [[String]] {
    var rows = [
      ["location", "`\(record.location.name)`, `\(record.location.address)`"],
      [
        "what it is",
        [record.location.medium, record.location.site, record.location.isOffSite ? "off-site" : nil].compactMap(\.self).joined(
          separator: ", "),
      ],
      ["begun", record.started], ["ended", record.ended], ["drilled by", "Akiba \(record.akiba) on host `\(record.host)`"],
    ].filter { !$0[1].isEmpty }
    if let snapshot = record.snapshot {
      rows += [
        ["snapshot", "`\(snapshot.id.prefix(16))`, \(Wording.count(snapshot.files, "file")), \(Wording.bytes(snapshot.bytes))"],
        ["it shows", snapshot.frozen],
        ["lost if restored then (RPO)", Age(seconds: snapshot.age).description],
      ]
    }
    if record.offlineProof != nil {
      let served = record.phases.contains { $0.name == .serverStart }
      rows.append([
        "time to restore (RTO)",
        Wording.duration(.seconds(record.recoveryTime)) + (served ? ", until CouchDB answered" : ", until the files were there")
          + (record.isResumed ? "; interrupted meanwhile" : ""),
      ])
    }
    if let key = record.key { rows.append(["key", "the \(key.role.rawValue) key, `\(key.id.prefix(8))`"]) }
    rows += record.versions.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
    return rows
  }

  private var phases: [Page.Block] {
    guard !record.phases.isEmpty else { return [.text("It did not come so far.")] }
    let rows = record.phases.map { phase in
      [
        Self.words(phase.name), Wording.duration(.seconds(phase.seconds)), phase.bytes.map(Wording.bytes) ?? "",
        phase.bytes.map { phase.seconds > 0 ? "\(Wording.bytes(Int(Double($0) / phase.seconds)))/s" : "" } ?? "",
      ]
    }
    return [.table(["phase", "time", "bytes", "rate"], rows)]
  }

  private static func words(_ name: DrillRecord.Phase.Name) -> String {
    switch name {
    case .open: "opening the location"
    case .restore: "restoring"
    case .offlineProof: "offline proof"
    case .reading: "reading what a server has to answer"
    case .serverStart: "CouchDB, until it answered"
    case .serverProof: "server proof"
    }
  }

  // MARK: Comparisons

  private var comparisons: [Page.Block] {
    var rows: [[String]] = []
    if let proof = record.offlineProof {
      rows += [
        ["offline proof", proof.passed ? "passed" : "**failed**"],
        ["files, each byte by SHA-256", "\(proof.files), \(Wording.bytes(proof.bytes))"],
        ["databases, against shard map and manifest", String(proof.databases)],
        ["documents, and deleted ones", "\(proof.documents), \(proof.deleted)"], ["leaf revisions", String(proof.revisions)],
        ["attachments, against their MD5", String(proof.attachments)], ["index rows", String(proof.indexRows)],
      ]
      rows += proof.settings.map { ["settings", $0] }
    } else {
      rows.append(["offline proof", "**not run**"])
    }
    return [.table(["what", "how many"], rows + server)]
  }

  private var server: [[String]] {
    guard let proof = record.serverProof, let passed = proof.passed else {
      return [["server proof", "**not run**: \(record.serverProof?.reason ?? "it did not come so far")"]]
    }
    return [
      ["server proof", (passed ? "passed" : "**failed**") + ", CouchDB \(proof.version ?? "?"), `\(proof.server ?? "")`"],
      ["databases, counts and all leaf revisions", "\(proof.databases), \(proof.documents) documents"],
      ["documents compared whole", String(proof.sampled)], ["attachments compared whole", String(proof.attachments)],
      ["views asked; rows compared", "\(proof.views); \(proof.viewsCounted)"],
    ]
  }

  private var findings: [Page.Block] {
    guard !record.findings.isEmpty else { return [.text("None.")] }
    let shown = record.findings.prefix(40)
    var blocks: [Page.Block] = [
      .list(shown.map { "**\($0.severity)** \($0.kind): \(Self.plain($0.message)) (`\($0.file)`). \(Self.plain($0.remedy))" })
    ]
    if record.findingCount > shown.count {
      blocks.append(.text("And \(record.findingCount - shown.count) more; the record lists the first of them."))
    }
    return blocks
  }

  /// Names in messages are not markup.
  private static func plain(_ text: String) -> String {
    text.replacing("`", with: "'").replacing("**", with: "* *").replacing("\n", with: " ")
  }

  private var rehearsal: String {
    guard let last = record.lastRehearsal else {
      return
        "**Never tried.** A check that never failed is not known to work: `akiba drill --location \(record.location.name) --rehearse-failure flipped-bit`"
    }
    let outcome = last.noticed ? "the drill ended red, as it had to" : "**the drill did not notice**"
    return "Last tried \(last.time): \(last.kind.words); \(outcome)."
  }
}
