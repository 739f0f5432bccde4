import CouchFormat
import Deployments
import Primitives

/// Holds the files a backup wrote about itself against each other: none of them is in the manifest.
///
/// `SHA256SUMS` is made from the manifest's records and the digests of manifest and `RECOVERY.md`: made again from what is there, it has to
/// be the same. A change of any of the three shows.
struct OwnFilesCheck {
  let manifest: Manifest
  /// By path in the snapshot.
  let files: [String: ProofSubject.File]

  func run() async throws -> [Finding] {
    guard let sums = try await bytes(of: SnapshotLayout.checksums) else { return [missing(SnapshotLayout.checksums)] }
    var own: [FileRecord] = []
    var findings: [Finding] = []
    for path in [SnapshotLayout.manifest, SnapshotLayout.recovery] {
      guard let bytes = try await bytes(of: path) else {
        findings.append(missing(path))
        continue
      }
      let record = FileRecord(path: path, size: bytes.count, sha256: ContentID(hashing: bytes))
      if !Self.holds(Checksums.text(of: [record]), in: sums) { findings.append(differs(path)) }
      own.append(record)
    }
    if findings.isEmpty, Checksums.text(of: manifest.files + own) != sums { findings.append(differs(SnapshotLayout.checksums)) }
    return findings
  }

  private func bytes(of path: String) async throws -> [UInt8]? {
    guard let source = try await files[path]?.open() else { return nil }
    return try source.bytes(at: 0, count: source.byteCount)
  }

  private static func holds(_ line: [UInt8], in text: [UInt8]) -> Bool {
    text.split(separator: UInt8(ascii: "\n")).contains { $0.elementsEqual(line.dropLast()) }
  }

  private func missing(_ path: String) -> Finding {
    Finding(.error, .fileMissing, file: path, message: "'\(path)' is not there", remedy: "take it from the snapshot again")
  }

  private func differs(_ path: String) -> Finding {
    Finding(
      .error, .fileDiffers, file: path, message: "'\(path)' is not what the backup wrote", remedy: "take it from the snapshot again")
  }
}
