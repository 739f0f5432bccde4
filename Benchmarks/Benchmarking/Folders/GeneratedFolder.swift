import Files
package import SystemPackage

/// A data folder that is made, and taken from state to state as CouchDB would: what is the same is not touched.
package struct GeneratedFolder {
  private static let permissions: UInt32 = 0o644
  private static let folderPermissions: UInt32 = 0o755

  private let folder: FilePath

  package init(_ folder: FilePath) { self.folder = folder }

  /// - Parameter size, fileCount: for a folder that is not there yet.
  package func advance(
    to state: SeriesState, _ shape: Shape, of series: inout Series, size: Int, fileCount: Int
  ) throws -> FolderChanges {
    let wanted = try FolderPlan.copies(of: &series, shape, size: size, fileCount: fileCount)
    let target = FolderState(series: series.name, shape: shape, state: state, copies: wanted)
    let now = try FolderState.read(of: folder)
    if let now { try refuse(target, after: now) }
    let old = try now.map { try FolderPlan(&series, shape, $0.state, copies: wanted) }
    let new = try FolderPlan(&series, shape, state, copies: wanted)
    try Folder.make(folder, permissions: Self.folderPermissions)
    var unfinished = now ?? target
    unfinished.isWhole = false
    try unfinished.write(of: folder)
    let changes = try write(new, after: old)
    try target.write(of: folder)
    return changes
  }

  private func refuse(_ target: FolderState, after now: FolderState) throws {
    guard now.series == target.series, now.shape == target.shape, now.copies == target.copies else {
      throw BenchError(
        "folder '\(folder)' holds another deployment: shape \(now.shape.rawValue), \(now.copies) copies, of \(now.series)",
        hints: ["advance it with the same --shape, --size, --files and --series", "or name another folder"])
    }
    guard now.state <= target.state else {
      throw BenchError(
        "folder '\(folder)' is in state \(now.state.rawValue), which comes after \(target.state.rawValue)",
        hints: ["remove it, or name another"])
    }
  }

  private func write(_ new: FolderPlan, after old: FolderPlan?) throws -> FolderChanges {
    var changes = FolderChanges()
    var folders: Set<String> = []
    for (path, recipe) in new.files.sorted(by: { $0.key < $1.key }) {
      let target = folder.pushing(FilePath(path))
      let size = recipe.byteCount
      changes.files += 1
      changes.bytes += size
      guard let before = old?.files[path] else {
        if let slash = path.lastIndex(of: "/"), folders.insert(String(path[..<slash])).inserted {
          try Folder.make(target.removingLastComponent(), permissions: Self.folderPermissions)
        }
        changes.created += 1
        changes.bytesWritten += try write(recipe.bytes(), to: target)
        continue
      }
      switch recipe.change(from: before) {
      case .none: changes.untouched += 1
      case .grows:
        changes.grown += 1
        let appended = try write(recipe.bytes(), to: target, from: before.byteCount)
        changes.bytesAppended += appended
        changes.bytesWritten += appended
      case .isReset:
        changes.reset += 1
        try PartFile(creating: target).truncate(to: 0)
        changes.bytesWritten += try write(recipe.bytes(), to: target)
      case .isReplaced:
        changes.replaced += 1
        let compacted = target.removingLastComponent().appending((target.lastComponent?.string ?? "file") + ".compact")
        changes.bytesWritten += try write(recipe.bytes(), to: compacted)
        try compacted.renameFile(to: target)
      }
    }
    for path in old?.files.keys.filter({ new.files[$0] == nil }) ?? [] {
      changes.removed += 1
      try folder.pushing(FilePath(path)).removeFile()
    }
    return changes
  }

  /// - Parameter start: what lies before it is there already.
  /// - Returns: bytes written.
  private func write(_ bytes: [UInt8], to path: FilePath, from start: Int = 0) throws -> Int {
    let file = try PartFile(creating: path, permissions: Self.permissions)
    try file.write(start == 0 ? bytes : Array(bytes[start...]), at: start)
    return bytes.count - start
  }
}
