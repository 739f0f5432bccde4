import Stores

/// What is wrong with one copy, before anything is done about it.
package struct Diagnosis: Sendable {
  /// For people: errors first.
  package let findings: [CheckFinding]
  /// Bytes read in full.
  package let bytesRead: Int
  /// Packs that are not what their names say; looked at again before anything is done.
  let suspectPacks: Set<ObjectName>

  init(_ structure: CheckReport, _ contents: [ObjectDamage], bytesRead: Int) {
    let named = Set(structure.findings.filter { $0.severity == .error }.compactMap(\.name))
    var findings = structure.findings + contents.filter { !named.contains($0.object.name) }.map(\.finding)
    findings.sortForReading()
    self.findings = findings
    self.bytesRead = bytesRead
    suspectPacks = Set(contents.map(\.object.name).filter { $0.kind == .pack })
  }

  package var isSound: Bool { !findings.contains { $0.severity == .error } }

  /// Whether there may be something to heal: errors, or a key or snapshot that siblings have.
  package var asksForHealing: Bool { !isSound || findings.contains { [.key, .snapshot].contains($0.name?.kind) } }
}
