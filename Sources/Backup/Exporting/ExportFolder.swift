import Deployments
import Files
import Primitives
import SystemPackage

/// The folder of an export: who may write into it, and its mark while it is not whole.
struct ExportFolder {
  /// With symlinks resolved.
  let root: FilePath
  let state: ExportState
  /// Whether an export was interrupted in it.
  let wasIncomplete: Bool
  private let lock: FolderLock

  private var mark: FilePath { root.appending(SnapshotLayout.incomplete) }

  /// - Parameter others: folders it must not lie in or contain, with what they are.
  init(_ folder: FilePath, of deployment: Deployment, host: String, acceptingHost: Bool, apartFrom others: [(path: FilePath, what: String)])
    throws
  {
    try Self.refuseOverlap(folder, with: others)
    if let metadata = try FileMetadata.ifPresent(folder), metadata.kind != .folder {
      throw ExportError(.unusableTarget, "'\(folder)' is not a folder", hints: ["name a new or empty folder with --to"])
    }
    try ExportError.writing { try Folder.make(folder) }
    let root = try folder.resolved()
    self.root = root
    guard let lock = try FolderLock(root) else {
      throw ExportError(.inUse, "another export writes into '\(folder)'", hints: ["wait until it is done, then run the same command again"])
    }
    self.lock = lock
    if let state = try ExportState.read(in: root) {
      try Self.refuseAnother(state, in: folder, deployment: deployment, host: host, acceptingHost: acceptingHost)
      self.state = state
    } else {
      try Self.refuseUnlessEmpty(root)
      let state = ExportState(deployment: deployment.name, host: host)
      self.state = state
      try ExportError.writing { try state.write(in: root) }
    }
    wasIncomplete = try FileMetadata.ifPresent(root.appending(SnapshotLayout.incomplete), followingSymlinks: false) != nil
  }

  /// From here on until `complete` the tree is none that may be copied or restored from.
  func begin() throws {
    try ExportError.writing {
      try Folder.make(mark.removingLastComponent())
      try DurableFile.write(Array(Self.text.utf8), to: mark)
      try Folder.sync(root)
    }
  }

  func complete(_ state: ExportState) throws {
    try ExportError.writing {
      try state.write(in: root)
      try mark.removeFile()
      try Folder.sync(mark.removingLastComponent())
    }
  }

  private static let text = """
    'akiba export' is changing this tree, or was interrupted while it did. It is a mixture of two moments: do not copy it, do not restore from it.
    Run the same 'akiba export' again; it goes on where it stopped and removes this file.

    """

  // MARK: Refusals

  private static func refuseOverlap(_ folder: FilePath, with others: [(path: FilePath, what: String)]) throws {
    let real = folder.withExistingPartResolved
    for (path, what) in others {
      let other = path.withExistingPartResolved
      guard real.starts(with: other) || other.starts(with: real) else { continue }
      let relation = real == other ? "is" : real.starts(with: other) ? "lies in" : "contains"
      throw ExportError(
        .unusableTarget, "'\(folder)' \(relation) \(what), '\(path)'", hints: ["name a folder of its own with --to, best on another disk"])
    }
  }

  private static func refuseAnother(
    _ state: ExportState, in folder: FilePath, deployment: Deployment, host: String, acceptingHost: Bool
  ) throws {
    guard state.deployment == deployment.name else {
      throw ExportError(
        .unusableTarget, "'\(folder)' holds the export of another deployment, '\(state.deployment)'",
        hints: ["name a folder of its own for '\(deployment.name)' with --to"])
    }
    guard state.host == host || acceptingHost else {
      throw ExportError(
        .unusableTarget, "'\(folder)' holds the export of host '\(state.host)'; this is '\(host)'",
        hints: ["name another folder with --to", "if it is the same deployment under a new name, add --accept once"])
    }
  }

  /// `lost+found` lies at the top of a disk that is mounted here.
  private static func refuseUnlessEmpty(_ root: FilePath) throws {
    for entry in try Folder.entries(of: root) where entry.name.string != "lost+found" {
      guard ExportState.isUnfinished(entry.name) else {
        throw ExportError(
          .unusableTarget, "'\(root)' is not empty and not an export of akiba",
          hints: ["name a new or empty folder with --to: what is in it is replaced and removed"])
      }
      try root.appending(entry.name).removeFile()
    }
  }
}

extension FilePath {
  /// With the symlinks of what can be looked at resolved.
  fileprivate var withExistingPartResolved: FilePath {
    var existing = self
    var rest: [FilePath.Component] = []
    while true {
      if let resolved = try? existing.resolved() { return rest.reversed().reduce(resolved) { $0.appending($1) } }
      guard let last = existing.lastComponent else { return self }
      rest.append(last)
      existing.removeLastComponent()
    }
  }
}
