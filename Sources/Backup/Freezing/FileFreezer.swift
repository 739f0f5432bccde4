import CouchFormat
import Deployments
import Files
import Glibc
import Primitives
import SystemPackage

/// Freezes single files: opens each once, finds its newest valid header, keeps the descriptor if there is anything to read.
struct FileFreezer: Sendable {
  enum Outcome: Sendable {
    case frozen(FrozenFile)
    /// Gone between the listing and the opening: deleted, or an index that was cleaned up.
    case vanished
    /// CouchDB would take such a database for a new, empty one, and would build such an index anew.
    case withoutHeader(size: Int)
    /// A header that is right and that we cannot read, or one of another kind of file.
    case strange(String)
    case unreadable(FileError)
  }

  /// How often and how long a file is waited for that a compaction is just swapping, or that is just being created.
  private static let tries = 20
  private static let pauseMicroseconds: UInt32 = 2000

  let dataFolder: FilePath
  /// What precedes a path below the data folder in a snapshot.
  let prefix: String
  /// By path in the snapshot.
  let remembered: [String: RememberedFile]
  let meter: ReadMeter
  let budget: DescriptorBudget

  func freeze(_ path: String, _ entry: DataFolderEntry) -> Outcome {
    do {
      if let known = try untouched(path, entry) { return .frozen(known) }
      for attempt in 1...Self.tries {
        guard let file = try openFollowingSwaps(path) else { return .vanished }
        if let known = try unchanged(file, path, entry) { return .frozen(known) }
        if let header = try HeaderSearch.newest(in: file) { return try frozen(file, path, entry, header) }
        if attempt == Self.tries { return .withoutHeader(size: file.byteCount) }
        usleep(Self.pauseMicroseconds)
      }
      return .vanished
    } catch let error as FileError {
      return .unreadable(error)
    } catch let error as CouchFormatError {
      return .strange(error.summary)
    } catch {
      return .strange("\(error)")
    }
  }

  /// A compaction renames `X.couch` away and `X.couch.compact` to it: for microseconds there is no `X.couch`, and after a crash
  /// just there `X.couch.compact` is the database.
  private func openFollowingSwaps(_ path: String) throws(FileError) -> HeldFile? {
    let name = dataFolder.appending(path)
    for attempt in 1...Self.tries {
      if let file = try open(name) { return file }
      guard path.hasSuffix(".couch") else { return nil }
      if attempt > 1, let file = try open(FilePath(name.string + ".compact")) { return file }
      if attempt < Self.tries { usleep(Self.pauseMicroseconds) }
    }
    return nil
  }

  private func open(_ path: FilePath) throws(FileError) -> HeldFile? {
    do {
      return try HeldFile(opening: path, meter: meter)
    } catch  where error.errno == .noSuchFileOrDirectory {
      return nil
    }
  }

  /// One stat: nobody wrote to the file. The shard map is opened at any rate, to be read.
  private func untouched(_ path: String, _ entry: DataFolderEntry) throws -> FrozenFile? {
    guard entry != .shardMap, let known = remembered[prefix + path], let couch = known.record.couch, let stamp = known.stamp,
      let metadata = try FileMetadata.ifPresent(dataFolder.appending(path)), metadata.kind == .file, FileStamp(metadata) == stamp
    else { return nil }
    return FrozenFile(
      path: path, entry: entry, metadata: metadata, facts: HeaderFacts(couch, end: known.record.size), source: .unchanged,
      remembered: known, isSameFile: true)
  }

  /// One open and one pread: the same file ends where it ended, with the header it ended with.
  private func unchanged(_ file: HeldFile, _ path: String, _ entry: DataFolderEntry) throws -> FrozenFile? {
    guard let known = remembered[prefix + path], let couch = known.record.couch, file.byteCount == known.record.size,
      couch.headerOffset < known.record.size,
      try fingerprint(file, header: couch.headerOffset, end: known.record.size, entry) == Fingerprint(couch)
    else { return nil }
    return FrozenFile(
      path: path, entry: entry, metadata: file.metadata, facts: HeaderFacts(couch, end: known.record.size), source: .unchanged,
      remembered: known, isSameFile: true)
  }

  private func fingerprint(_ file: HeldFile, header: Int, end: Int, _ entry: DataFolderEntry) throws -> Fingerprint {
    try Fingerprint(of: file, header: header, end: end, isIndex: entry.isIndex)
  }

  private func frozen(_ file: HeldFile, _ path: String, _ entry: DataFolderEntry, _ header: FoundHeader) throws -> Outcome {
    let print = try fingerprint(file, header: header.offset, end: header.end, entry)
    guard let facts = try facts(of: header, print, in: file, entry) else {
      return .strange("its newest header, at byte \(header.offset), belongs to another kind of file")
    }
    let (known, isSame) = try generation(of: file, path, entry, end: header.end)
    let source: FrozenFile.Source
    if isSame, known?.record.size == header.end {
      source = .unchanged  // only bytes behind the newest header were added
    } else {
      source = try keep(file, entry, end: header.end)
    }
    return .frozen(
      FrozenFile(
        path: path, entry: entry, metadata: file.metadata, facts: facts, source: source, remembered: known, isSameFile: isSame))
  }

  /// What the last snapshot has of this file: nothing, bytes to compare with (a copy on another disk), or the file itself.
  private func generation(
    of file: HeldFile, _ path: String, _ entry: DataFolderEntry, end: Int
  ) throws -> (known: RememberedFile?, isSame: Bool) {
    guard let known = remembered[prefix + path], let couch = known.record.couch, known.record.size <= end,
      couch.headerOffset < known.record.size
    else { return (nil, false) }
    let print = try fingerprint(file, header: couch.headerOffset, end: known.record.size, entry)
    guard print.tail == couch.tailSHA256 else { return (nil, false) }
    return (known, print == Fingerprint(couch))
  }

  private func facts(of header: FoundHeader, _ fingerprint: Fingerprint, in file: HeldFile, _ entry: DataFolderEntry) throws -> HeaderFacts?
  {
    if entry.isIndex { return header.view.map { HeaderFacts(header, fingerprint, view: $0) } }
    guard let database = header.database else { return nil }
    return HeaderFacts(
      header, fingerprint, database: database, purgeSeq: try DatabaseFile(file, database).purgeSequences().newest)
  }

  private func keep(_ file: HeldFile, _ entry: DataFolderEntry, end: Int) throws -> FrozenFile.Source {
    // The shard map is never taken at a later moment: it would name databases that are not in the snapshot.
    if entry == .shardMap || entry == .nodes { return .held(file) }
    switch budget.take(fileOf: end) {
    case .descriptor: return .held(file)
    case .memory: return .memory(MemoryBytes(try file.bytes(at: 0, count: end)))
    case .path: return .reopened(file.path)
    }
  }
}
