import CouchFormat
import Deployments
import Files
import Primitives
import SystemPackage

/// Proves one CouchDB file: its bytes against the manifest, its header, everything its header reaches.
struct FileProver {
  private static let hashedAtOnce = 1 << 20
  /// A file up to this many bytes is read once, as a whole: its tree would be read in thousands of small pieces.
  private static let readWhole = 8 << 20

  let file: ProofSubject.File
  let path: String
  let record: FileRecord?
  /// From the shard map; `nil` for a database in none: then the file's own word is taken.
  let isPartitioned: Bool?

  func run() async throws -> ProvenFile {
    var proven = ProvenFile(path: path, entry: DataFolderEntry(path: path))
    do {
      let source = try Self.inMemory(try await file.open())
      proven.bytes = source.byteCount
      try compare(source, &proven)
      try prove(source, &proven)
    } catch is CancellationError {
      throw CancellationError()
    } catch let error as FileError where error.errno == .noSuchFileOrDirectory {
      proven.isGone = true
    } catch let error as CouchFormatError where error.kind == .cancelled {
      throw CancellationError()
    } catch let error as CouchFormatError {
      add(.headerUnknown, at: error.offset, "'\(path)': \(error.detail)", "is it from a newer CouchDB? this akiba reads up to 3.5", &proven)
    } catch let error as any Explainable {
      add(
        .unreadable, "'\(path)' cannot be read: \(error.summary)", error.hints.first ?? "take it from another location or snapshot", &proven
      )
    }
    for index in proven.findings.indices {
      proven.findings[index].file = file.path
      proven.findings[index].database = proven.findings[index].database ?? database(of: proven.entry)
    }
    proven.findingCount = max(proven.findingCount, proven.findings.count)
    return proven
  }

  /// A larger file stays where it is; so does one that shrinks while it is read, for the proof to say so.
  private static func inMemory(_ source: any RandomAccess) throws -> any RandomAccess {
    guard source.byteCount <= readWhole else { return source }
    let bytes = try source.bytes(at: 0, count: source.byteCount)
    return bytes.count == source.byteCount ? MemoryBytes(bytes) : source
  }

  private func add(
    _ kind: FindingKind, at offset: Int? = nil, _ message: String, _ remedy: String, _ proven: inout ProvenFile
  ) {
    proven.findings.append(Finding(.error, kind, offset: offset, message: message, remedy: remedy))
  }

  private func database(of entry: DataFolderEntry) -> String? {
    switch entry {
    case .shard(let shard), .shardIndex(let shard, _): shard.database
    case .nodeLocal(let database), .nodeLocalIndex(let database, _): database
    default: nil
    }
  }

  /// Half of all flipped bits in a tree still decode: only our own digest finds them all.
  private func compare(_ source: any RandomAccess, _ proven: inout ProvenFile) throws {
    guard let record else { return }
    guard source.byteCount == record.size else {
      add(
        .fileDiffers, at: min(source.byteCount, record.size), "'\(path)' has \(source.byteCount) bytes; the manifest says \(record.size)",
        "take it from the snapshot again", &proven)
      return
    }
    if try Self.digest(of: source) != record.sha256 {
      add(
        .fileDiffers, "the bytes of '\(path)' are not those that were backed up (SHA-256 differs)", "take it from the snapshot again",
        &proven)
    }
  }

  static func digest(of source: any RandomAccess) throws -> ContentID {
    var running = RunningSHA256()
    var offset = 0
    while offset < source.byteCount {
      try Task.checkCancellation()
      let bytes = try source.bytes(at: offset, count: hashedAtOnce)
      guard !bytes.isEmpty else { break }
      running.update(bytes)
      offset += bytes.count
    }
    return running.digest
  }

  private func prove(_ source: any RandomAccess, _ proven: inout ProvenFile) throws {
    guard let header = try HeaderSearch.newest(in: source) else {
      return add(
        .headerMissing, "'\(path)' has no valid header in its \(source.byteCount) bytes",
        proven.entry.isIndex
          ? "delete it: CouchDB builds it anew" : "CouchDB would take it for a new, empty database: restore it from an earlier snapshot",
        &proven)
    }
    if let couch = record?.couch, header.offset != couch.headerOffset {
      add(
        .fileDiffers, at: header.offset,
        "the newest header of '\(path)' is at byte \(header.offset); the manifest says \(couch.headerOffset)",
        "take it from the snapshot again", &proven)
    }
    guard let proof = try self.proof(source, header, proven.entry) else {
      return add(
        .headerUnexpected, at: header.offset, "the newest header of '\(path)' belongs to another kind of file",
        "take it from the snapshot again", &proven)
    }
    proven.findings += proof.findings
    proven.findingCount = proof.findingCount + proven.findings.count - proof.findings.count
    proven.counts = proof.counts
    if proven.entry.isIndex { proven.counts.documents = 0 }  // those it knows are counted in their database
    proven.seen = .init(
      updateSeq: proof.updateSeq, purgeSeq: proof.purgeSeq, documents: header.database?.docCount ?? 0,
      deleted: header.database?.deletedCount ?? 0)
  }

  private func proof(_ source: any RandomAccess, _ header: FoundHeader, _ entry: DataFolderEntry) throws -> FileProof? {
    let isCancelled: @Sendable () -> Bool = { Task.isCancelled }
    switch entry {
    case .shardIndex(_, let signature), .nodeLocalIndex(_, let signature):
      guard header.view != nil else { return nil }
      return try ViewProof.run(source, header, signature: signature, isCancelled: isCancelled)
    case .shard(let shard):
      guard header.database != nil else { return nil }
      let isPartitioned = try self.isPartitioned ?? Self.isPartitioned(source, header)
      return try DatabaseProof.run(source, header, range: shard.range, isPartitioned: isPartitioned, isCancelled: isCancelled)
    default:
      guard header.database != nil else { return nil }
      return try DatabaseProof.run(source, header, range: nil, isCancelled: isCancelled)
    }
  }

  private static func isPartitioned(_ source: any RandomAccess, _ header: FoundHeader) throws -> Bool {
    let file = try DatabaseFile(source, header)
    // Properties that do not decode are a finding of the proof itself.
    return (try? file.isPartitioned(file.chunks())) ?? false
  }
}
