import Primitives
import ResticFormat
import Stores

extension RepositoryCheck {
  /// Whole packs in memory at once.
  private static let packsAtOnce = 2

  /// Reads packs in full: name, header against index, and every blob.
  func readPacks(_ indexed: [ContentID: [PackedBlob]], _ report: inout CheckReport) async throws {
    let packs = try await repository.store.names(of: .pack).filter { $0.name.id.map(isWanted) ?? false }
    let total = packs.reduce(0) { $0 + $1.byteCount }
    var findings: [CheckFinding] = []
    var done = 0
    var bytesDone = 0
    func take(_ checked: Checked) {
      findings += checked.findings
      done += 1
      bytesDone += checked.byteCount
      progress(CheckProgress(step: .reading, done: done, total: packs.count, bytesDone: bytesDone, bytesTotal: total))
    }
    try await withThrowingTaskGroup(of: Checked.self) { group in
      for (number, pack) in packs.enumerated() {
        if number >= Self.packsAtOnce, let checked = try await group.next() { take(checked) }
        group.addTask { Checked(findings: try await check(pack.name, indexed), byteCount: pack.byteCount) }
      }
      for try await checked in group { take(checked) }
    }
    report.findings += findings
    report.packsRead = packs.count
    report.bytesRead = total
  }

  private struct Checked: Sendable {
    let findings: [CheckFinding]
    let byteCount: Int
  }

  private func isWanted(_ id: ContentID) -> Bool {
    switch dataToRead {
    case .none: false
    case .all: true
    case .subset(let part, let parts): Int(id.bytes[0]) % max(1, parts) == part - 1
    }
  }

  private func check(_ name: ObjectName, _ indexed: [ContentID: [PackedBlob]]) async throws -> [CheckFinding] {
    guard let id = name.id else { return [] }
    let bytes: [UInt8]
    do { bytes = try await repository.store.bytes(of: name) } catch { return [try finding(name, error)] }
    var findings: [CheckFinding] = []
    let isAsNamed = ContentID(hashing: bytes) == id
    if !isAsNamed {
      findings.append(CheckFinding(.error, name, "has another SHA-256 than its name", remedy: Remedy.fetch))
    }
    var blobs = indexed[id] ?? []
    do {
      let header = try PackHeader.read(from: bytes, with: repository.masterKey)
      if indexed[id] == nil {
        blobs = header
      } else if header != blobs {
        findings.append(CheckFinding(.error, name, "its header and its index disagree", remedy: Remedy.disagreement))
      }
    } catch  where isAsNamed && indexed[id] == nil {
      // No pack, but what a run had tried this place with (`Repository.traits`) when it was cut short: noted as in no index.
      return []
    } catch {
      findings.append(CheckFinding(.error, name, error.summary, remedy: Remedy.fetch))
    }
    for blob in blobs {
      try Task.checkCancellation()
      if let damage = damage(of: blob, in: bytes) {
        findings.append(CheckFinding(.error, name, "\(blob.handle): \(damage.summary)", remedy: Remedy.fetch))
      }
    }
    return findings
  }

  private func damage(of blob: PackedBlob, in pack: [UInt8]) -> FormatError? {
    guard blob.offset + blob.length <= pack.count else { return FormatError(.truncated, "the pack ends before it") }
    do {
      _ = try repository.sealing.open(
        pack[blob.offset..<blob.offset + blob.length], as: blob.handle.id, uncompressedLength: blob.uncompressedLength)
      return nil
    } catch {
      return error
    }
  }
}
