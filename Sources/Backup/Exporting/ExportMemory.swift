import CouchFormat
import Deployments
import Files
import Primitives
import SystemPackage

/// What an exported folder remembers of the last export, as far as its files are still what the manifest says.
struct ExportMemory {
  private static let step = 1 << 20

  private(set) var memory = Memory()
  /// Of the files in `memory`, by path in the tree.
  private(set) var stamps: [String: ExportState.Stamp] = [:]
  /// There is an export, and its manifest cannot be read.
  private(set) var isLost = false
  private(set) var notes: [String] = []

  private let folder: ExportFolder

  init(of folder: ExportFolder) throws {
    self.folder = folder
    let path = folder.root.appending(SnapshotLayout.manifest)
    guard try FileMetadata.ifPresent(path, followingSymlinks: false)?.kind == .file else {
      isLost = folder.state.manifest != nil
      return
    }
    let file = try HeldFile(opening: path)
    let text = try file.bytes(at: 0, count: file.byteCount)
    guard let manifest = try? Manifest(text: text) else {
      isLost = true
      return
    }
    let isStamped = folder.state.manifest == ContentID(hashing: text)
    for record in manifest.files { try remember(record, isStamped: isStamped) }
    memory.yardstick = (manifest.facts.trusted ? nil : folder.state.yardstick) ?? memory.yardstick
  }

  private mutating func remember(_ record: FileRecord, isStamped: Bool) throws {
    guard let couch = record.couch, (0..<max(0, record.size)).contains(couch.headerOffset) else { return }
    try Task.checkCancellation()
    memory.yardstick[record.path] = couch
    let path = folder.root.appending(record.path)
    guard let metadata = try FileMetadata.ifPresent(path, followingSymlinks: false), metadata.kind == .file else {
      return note("is gone", record)
    }
    let stamp = ExportState.Stamp(metadata)
    let isUntouched = isStamped && stamp == folder.state.stamps[record.path] && metadata.size == record.size
    guard try isUntouched || begins(path, with: record) else { return note("was changed", record) }
    stamps[record.path] = stamp
    memory.files[record.path] = RememberedFile(record: record, blobs: Self.pieces(of: record))
  }

  /// What an interrupted export appended does no harm: the file is cut where the manifest says it ends.
  private func begins(_ path: FilePath, with record: FileRecord) throws -> Bool {
    let file = try HeldFile(opening: path)
    guard file.byteCount >= record.size else { return false }
    var running = RunningSHA256()
    for offset in stride(from: 0, to: record.size, by: Self.step) {
      try Task.checkCancellation()
      running.update(try file.bytes(at: offset, count: min(Self.step, record.size - offset)))
    }
    return running.digest == record.sha256
  }

  /// The folder has a file's known bytes as one; the copy goes in steps.
  private static func pieces(of record: FileRecord) -> [(blob: ContentID, length: Int)] {
    stride(from: 0, to: record.size, by: step).map { (record.sha256, min(step, record.size - $0)) }
  }

  private mutating func note(_ what: String, _ record: FileRecord) {
    guard !folder.wasIncomplete else { return }
    notes.append("'\(record.path)' \(what) in '\(folder.root)' since the last export; it is written again")
  }
}
