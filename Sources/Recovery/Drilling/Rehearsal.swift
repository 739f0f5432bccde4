package import CouchFormat
import Crypto
package import Deployments
import Files
import Primitives
package import SystemPackage

/// A fault put into the scratch copy of a drill on purpose: a check that never failed is not known to work.
package enum Rehearsal: String, CaseIterable, Codable, Sendable {
  case missingShard = "missing-shard"
  case emptyShard = "empty-shard"
  case cutShard = "cut-shard"
  case flippedBit = "flipped-bit"
  case viewAhead = "view-ahead"
  case compactionLeftover = "compaction-leftover"
  case changedManifest = "changed-manifest"
  case missingEnvironment = "missing-environment"
  case missingSecret = "missing-secret"
  /// Of the certificate.
  case wrongCertificateKey = "wrong-certificate-key"
  /// The repository is opened with a key that nobody gave it.
  case wrongKey = "wrong-key"
  /// After the offline proof, so that only a server can notice.
  case serverMissingShard = "server-missing-shard"

  /// Any of these has to be found.
  package var expected: Set<FindingKind> {
    switch self {
    case .missingShard: [.shardMissing, .mapIncomplete]
    case .emptyShard: [.headerMissing]
    case .cutShard, .flippedBit: [.fileDiffers]
    case .viewAhead: [.viewAhead]
    case .compactionLeftover: [.compactionLeftover]
    case .changedManifest: [.fileDiffers]
    case .missingEnvironment: [.fileMissing]
    case .missingSecret: [.secretMissing]
    case .wrongCertificateKey: [.tlsKeyMismatch]
    case .wrongKey: [.keyRefused]
    case .serverMissingShard: [.serverCounts, .serverLeaves]
    }
  }

  /// What is done, for people.
  package var words: String {
    switch self {
    case .missingShard: "a shard that the shard map names is removed"
    case .emptyShard: "all bytes of a shard become zeros"
    case .cutShard: "a shard is cut in half"
    case .flippedBit: "one bit of a shard is flipped"
    case .viewAhead: "a shard goes back behind its index"
    case .compactionLeftover: "a file of a compaction lies beside a shard"
    case .changedManifest: "a number in the manifest is changed"
    case .missingEnvironment: "'.env' is removed"
    case .missingSecret: "CouchDB's secret is taken out of its settings"
    case .wrongCertificateKey: "the certificate's key is another one"
    case .wrongKey: "a key is tried that is none of the repository's"
    case .serverMissingShard: "a shard is removed after the offline proof, before CouchDB starts"
    }
  }

  package enum Moment: Sendable { case opening, restored, beforeServer }

  package var moment: Moment {
    switch self {
    case .wrongKey: .opening
    case .serverMissingShard: .beforeServer
    default: .restored
    }
  }

  /// - Parameter folder: that a restore filled; what happens there harms nothing.
  /// - Throws: `notPossible` for a snapshot that has nothing to damage in this way.
  package func damage(_ folder: FilePath, _ manifest: Manifest) throws {
    switch self {
    case .missingShard, .serverMissingShard: try folder.appending(shard(in: manifest).path).removeFile()
    case .emptyShard:
      let shard = try shard(in: manifest)
      try overwrite(folder.appending(shard.path), [UInt8](repeating: 0, count: shard.size), at: 0)
    case .cutShard:
      let shard = try shard(in: manifest)
      try PartFile(creating: folder.appending(shard.path)).truncate(to: shard.size / 2)
    case .flippedBit:
      let shard = try shard(in: manifest)
      let path = folder.appending(shard.path)
      let byte = try HeldFile(opening: path).bytes(at: shard.size / 2, count: 1)
      try overwrite(path, byte.map { $0 ^ 0x10 }, at: shard.size / 2)
    case .viewAhead: try putShardBack(folder, manifest)
    case .compactionLeftover:
      try DurableFile.write([0], to: folder.appending(shard(in: manifest).path + ".compact.data"))
    case .changedManifest: try changeManifest(folder)
    case .missingEnvironment: try folder.appending(file(in: manifest, "an '.env'") { $0.hasSuffix("/.env") }).removeFile()
    case .missingSecret: try removeSecrets(folder, manifest)
    case .wrongCertificateKey:
      let key = try file(in: manifest, "a certificate's key") { $0 == "tls/\(TLSPair.keyName)" }
      try DurableFile.write(Array(P256.Signing.PrivateKey().pemRepresentation.utf8), to: folder.appending(key))
    case .wrongKey: break
    }
  }

  private func impossible(_ what: String) -> RecoveryError {
    RecoveryError(
      .notPossible, "'\(rawValue)' cannot be rehearsed with this snapshot: it holds no \(what)",
      hints: ["rehearse another failure: \(Self.allCases.map(\.rawValue).joined(separator: ", "))"])
  }

  private func file(in manifest: Manifest, _ what: String, where isWanted: (String) -> Bool) throws -> String {
    guard let path = manifest.files.map(\.path).first(where: isWanted) else { throw impossible(what) }
    return path
  }

  /// The shard with most documents.
  private func shard(in manifest: Manifest) throws -> FileRecord {
    let shards = manifest.files.filter { SnapshotLayout.dataPath($0.path)?.path.hasPrefix("shards/") == true }
    guard let shard = shards.max(by: { ($0.couch?.documents ?? 0, $0.path) < ($1.couch?.documents ?? 0, $1.path) }) else {
      throw impossible("shard")
    }
    return shard
  }

  private func overwrite(_ path: FilePath, _ bytes: [UInt8], at offset: Int) throws {
    try PartFile(creating: path).write(bytes, at: offset)
  }

  /// To an older header: a sound file from before its index was written.
  private func putShardBack(_ folder: FilePath, _ manifest: Manifest) throws {
    for record in manifest.files {
      guard let (node, path) = SnapshotLayout.dataPath(record.path), case .shardIndex(let shard, _) = DataFolderEntry(path: path),
        let index = record.couch
      else { continue }
      let file = folder.appending("\(SnapshotLayout.dataFolder(node: node))/\(shard.path)")
      guard try FileMetadata.ifPresent(file) != nil else { continue }
      let older = try HeaderSearch.all(in: HeldFile(opening: file)).headers.last { header in
        header.database.map { $0.updateSeq < index.updateSeq } ?? false
      }
      guard let older else { continue }
      return try PartFile(creating: file).truncate(to: older.end)
    }
    throw impossible("shard with an older header than its index")
  }

  private func changeManifest(_ folder: FilePath) throws {
    let path = folder.appending(SnapshotLayout.manifest)
    let file = try HeldFile(opening: path)
    var bytes = try file.bytes(at: 0, count: file.byteCount)
    let name = Array("\"documents\":".utf8)
    guard let place = bytes.firstRange(of: name)?.upperBound, let digit = bytes[place...].firstIndex(where: { (0x30...0x39).contains($0) })
    else { throw impossible("count of documents") }
    bytes[digit] = bytes[digit] == 0x39 ? 0x31 : bytes[digit] + 1
    try DurableFile.write(bytes, to: path)
  }

  private func removeSecrets(_ folder: FilePath, _ manifest: Manifest) throws {
    let files =
      manifest.files.map(\.path).filter { $0.hasPrefix("couchdb/") && $0.hasSuffix(".ini") }
      + manifest.files.map(\.path).filter { $0.hasSuffix("/.env") }
    var hasChanged = false
    for path in files {
      let file = try HeldFile(opening: folder.appending(path))
      let text = String(decoding: try file.bytes(at: 0, count: file.byteCount), as: UTF8.self)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      let kept = lines.filter { !$0.hasPrefix("secret") && !$0.hasPrefix("COUCHDB_SECRET") }
      guard kept.count < lines.count else { continue }
      hasChanged = hasChanged || path.hasSuffix(".ini")
      try DurableFile.write(Array(kept.joined(separator: "\n").utf8), to: folder.appending(path))
    }
    if !hasChanged { throw impossible("settings with a secret") }
  }
}

extension FindingKind {
  package static let keyRefused = Self(rawValue: "key-refused")
  package static let drillFailed = Self(rawValue: "drill-failed")
  package static let serverNotStarted = Self(rawValue: "server-not-started")
  package static let serverDatabases = Self(rawValue: "server-databases-differ")
  package static let serverCounts = Self(rawValue: "server-counts-differ")
  package static let serverLeaves = Self(rawValue: "server-revisions-differ")
  package static let serverDocument = Self(rawValue: "server-document-differs")
  package static let serverAttachment = Self(rawValue: "server-attachment-differs")
  package static let serverView = Self(rawValue: "server-view-differs")
  package static let serverLog = Self(rawValue: "server-log")
}
