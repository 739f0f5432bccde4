import CouchFormat
import Deployments
import Files
import Primitives
import SystemPackage

/// Opens one node's frozen files for the second pass, and decides what happens to one that is no longer what was frozen.
struct SourceFiles {
  private let node: FrozenNode
  private let meter: ReadMeter
  private(set) var findings: [Finding] = []
  private(set) var leftOut: [Manifest.LeftOut] = []

  init(of node: FrozenNode, meter: ReadMeter) {
    self.node = node
    self.meter = meter
  }

  /// - Parameter body: reads the file, which may be one frozen later, and throws `FileCopy.Failure.changed` where it differs from what was frozen.
  mutating func read(_ file: FrozenFile, _ body: (FrozenFile, any RandomAccess) async throws -> Void) async throws {
    do {
      try await body(file, open(file))
    } catch FileCopy.Failure.changed(let what) {
      if !file.isHeld, !file.entry.isIndex, let later = try refrozen(file) {
        noteLater(later)
        try await read(later, body)
      } else {
        try giveUp(file, what)
      }
    }
  }

  private func open(_ file: FrozenFile) throws -> any RandomAccess {
    switch file.source {
    case .held(let held): return held
    case .memory(let bytes): return bytes
    case .reopened(let path): return try reopen(path, file)
    // Known to the last snapshot but missing in a location, or about to be merged.
    case .unchanged: return try reopen(node.dataFolder.appending(file.path), file)
    }
  }

  private func reopen(_ path: FilePath, _ frozen: FrozenFile) throws -> HeldFile {
    do {
      let file = try HeldFile(opening: path, meter: meter)
      guard file.identity.text == frozen.facts.identity else { throw FileCopy.Failure.changed("it was replaced") }
      return file
    } catch let error as FileError where error.errno == .noSuchFileOrDirectory {
      throw FileCopy.Failure.changed("it is gone")
    }
  }

  /// A file that could not be kept open and was replaced by a compaction meanwhile: taken as it is now.
  private func refrozen(_ file: FrozenFile) throws -> FrozenFile? {
    let freezer = FileFreezer(
      dataFolder: node.dataFolder, prefix: "", remembered: [:], meter: meter, budget: DescriptorBudget(limit: .max, files: 1))
    guard case .frozen(let later) = freezer.freeze(file.path, file.entry), later.facts.updateSeq >= file.facts.updateSeq else { return nil }
    return later
  }

  private mutating func noteLater(_ file: FrozenFile) {
    findings.append(
      Finding(
        .warning, .frozenLater, file: "\(SnapshotLayout.dataFolder(node: node.name))/\(file.path)",
        message: "'\(file.path)' was compacted while it waited to be copied and is of a later moment than the rest",
        remedy: "raise the limit of open files ('ulimit -n', LimitNOFILE in a unit) above the number of shards"))
  }

  /// An index that was reset meanwhile is left out. A database file never changes under its header: if it did, the source is damaged.
  private mutating func giveUp(_ file: FrozenFile, _ reason: String) throws {
    let path = "\(SnapshotLayout.dataFolder(node: node.name))/\(file.path)"
    guard file.entry.isIndex else {
      throw BackupError(
        .damagedSource, "'\(node.dataFolder.appending(file.path))' changed under the backup: \(reason)",
        hints: [
          "run the backup again; if it says the same, look at the disk's health and restore this file from the last snapshot",
          "nothing but CouchDB may write into its data folder",
        ])
    }
    leftOut.append(.init(path: file.path, reason: reason))
    findings.append(
      Finding(
        .warning, .indexLeftOut, file: path, message: "index '\(file.path)' is left out: \(reason)",
        remedy: "CouchDB builds it anew after a restore; the next backup takes it"))
  }
}
