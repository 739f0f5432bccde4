import Backup
import Files
import FoundationEssentials
import Primitives
import Recovery
import Repositories
import Status
import SystemPackage

/// What drills left to show: a record and two pages each, on this host and at every location.
struct Evidence {
  private static let largest = 8 << 20

  let configuration: Configuration
  let console: Console

  struct File {
    let name: String
    let bytes: [UInt8]
  }

  /// All records on this host, oldest first. What cannot be read is passed by.
  func records() -> [DrillRecord] {
    let suffix = ".json"
    let names = ((try? Folder.entries(of: configuration.evidenceFolder)) ?? []).map(\.name.string).filter { $0.hasSuffix(suffix) }
    // Without the suffix: of two drills of one second the later is called as the first and "-2".
    return names.map { $0.dropLast(suffix.count) }.sorted().compactMap { stem in
      let name = String(stem) + suffix
      guard let file = try? HeldFile(opening: configuration.evidenceFolder.appending(name)),
        let bytes = try? file.bytes(at: 0, count: min(file.byteCount, Self.largest))
      else { return nil }
      return try? JSONDecoder().decode(DrillRecord.self, from: Data(bytes))
    }
  }

  /// Keeps it here, then at every location that can be reached.
  ///
  /// - Returns: the path of the record on this host.
  func keep(_ record: DrillRecord) async throws -> FilePath {
    let base = try freeName(for: record)
    let page = DrillPage(record: record).page()
    let files = [
      File(name: base + ".json", bytes: try record.json()), File(name: base + ".md", bytes: Array(page.markdown().utf8)),
      File(name: base + ".html", bytes: Array(page.html().utf8)),
    ]
    try Folder.make(configuration.evidenceFolder)
    for file in files { try DurableFile.write(file.bytes, to: configuration.evidenceFolder.appending(file.name)) }
    await spread(files)
    return configuration.evidenceFolder.appending(files[0].name)
  }

  /// Two drills of a location may begin in one second.
  private func freeName(for record: DrillRecord) throws -> String {
    let base = Self.name(of: record)
    for number in 1... {
      let name = number == 1 ? base : "\(base)-\(number)"
      if try FileMetadata.ifPresent(configuration.evidenceFolder.appending(name + ".json")) == nil { return name }
    }
    return base
  }

  /// `20261123T190000Z-usb`
  private static func name(of record: DrillRecord) -> String {
    let moment = record.started.filter { $0.isNumber || $0 == "T" }.prefix(15)
    return "\(moment)Z-" + String(record.location.name.map { $0 == " " ? "-" : $0 })
  }

  private func spread(_ files: [File]) async {
    do {
      let (copies, failures) = try await Opening.all(configuration) { console.note($0) }
      for failure in failures where !failure.isExpected {
        console.warn("location '\(failure.location.name)' does not get the evidence: \(failure.summary)", hint: "the next backup brings it")
      }
      let snapshot = EvidenceSnapshot(
        files.map { ($0.name, $0.bytes) }, surroundings: Environment.surroundings(), programVersion: Akiba.version)
      for failure in try await snapshot.store(in: copies).failures {
        console.warn(
          "location '\(configuration.name(of: failure.address))' does not get the evidence: \(failure.summary)",
          hint: "the next backup brings it")
      }
    } catch {
      console.warn(
        "the evidence is on this host alone: \((error as? any Explainable)?.summary ?? "\(error)")", hint: "the next backup takes it along")
    }
  }
}

extension Configuration {
  /// On this host; backups take it along.
  var evidenceFolder: FilePath { stateFolder.appending("drills") }
}
