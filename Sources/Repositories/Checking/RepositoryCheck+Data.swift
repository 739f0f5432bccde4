import Primitives
import ResticFormat
import Stores

extension RepositoryCheck {
  /// Whole packs in memory at once.
  private static let packsAtOnce = 2

  /// Reads packs in full: name, header against index, and every blob.
  func readPacks(_ indexed: [ContentID: [PackedBlob]], _ report: inout CheckReport) async throws {
    let packs = try await repository.store.names(of: .pack).filter { $0.name.id.map(isWanted) ?? false }
    var findings: [CheckFinding] = []
    var done = 0
    var bytesRead = 0
    try await withThrowingTaskGroup(of: [CheckFinding].self) { group in
      for (number, pack) in packs.enumerated() {
        if number >= Self.packsAtOnce, let found = try await group.next() {
          findings += found
          done += 1
          progress(CheckProgress(step: .reading, done: done, total: packs.count))
        }
        bytesRead += pack.byteCount
        group.addTask { try await check(pack.name, indexed) }
      }
      for try await found in group {
        findings += found
        done += 1
        progress(CheckProgress(step: .reading, done: done, total: packs.count))
      }
    }
    report.findings += findings
    report.packsRead = packs.count
    report.bytesRead = bytesRead
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
    if ContentID(hashing: bytes) != id {
      findings.append(CheckFinding(.error, name, "has another SHA-256 than its name", remedy: Self.fetchRemedy))
    }
    var blobs = indexed[id] ?? []
    do {
      let header = try PackHeader.read(from: bytes, with: repository.masterKey)
      if indexed[id] == nil {
        blobs = header
      } else if header != blobs {
        findings.append(CheckFinding(.error, name, "its header and its index disagree", remedy: "'restic repair index' (or rebuild-index)"))
      }
    } catch {
      findings.append(CheckFinding(.error, name, error.summary, remedy: Self.fetchRemedy))
    }
    for blob in blobs {
      try Task.checkCancellation()
      if let damage = damage(of: blob, in: bytes) {
        findings.append(CheckFinding(.error, name, "\(blob.handle): \(damage.summary)", remedy: Self.fetchRemedy))
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
