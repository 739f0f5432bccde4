import Files
package import SystemPackage

/// Moves what was there aside, puts what was restored in its place, and takes that back.
///
/// Every step may be cut short at any moment and run again: each move is one rename, and where it stands is told by what is there. Nothing is
/// ever deleted that was there before.
package struct PartSwitch {
  private let plan: BringBackPlan
  private let willMove: (_ source: FilePath, _ target: FilePath) throws -> Void

  /// - Parameter willMove: told before each move; may throw to stop there.
  package init(_ plan: BringBackPlan, willMove: @escaping (_ source: FilePath, _ target: FilePath) throws -> Void = { _, _ in }) {
    self.plan = plan
    self.willMove = willMove
  }

  // MARK: There

  /// To be run to its end before `place` begins: afterwards what is at a target is what was put there.
  package func moveAside() throws {
    for target in plan.outermost {
      guard try isPresent(target), try !isEmptyFolder(target), try !isPresent(plan.aside(target)) else { continue }
      try rename(target, to: plan.aside(target))
    }
  }

  package func place() throws {
    for part in plan.parts {
      let (source, target) = (plan.staged(part), FilePath(part.target))
      guard try isPresent(source) else { continue }  // it is in its place
      try Folder.make(target.removingLastComponent(), permissions: 0o755)
      if try !isRenamed(source, to: target) { try carry(source, to: target) }
    }
    try bring(from: plan.aside(upgradeService), to: upgradeService)
  }

  // MARK: And back

  /// What was there before is there again; what was restored goes back to where it was staged, or, from another disk, beside its place.
  package func takeBack() throws {
    if try isPresent(plan.aside(upgradeService)) { try bring(from: upgradeService, to: plan.aside(upgradeService)) }
    for part in plan.parts.reversed() {
      let (source, target) = (plan.staged(part), FilePath(part.target))
      try Folder.remove(copied(target))
      // Not staged any more: then it was put in its place, if that is not empty again by now.
      guard try !isPresent(source), try isPresent(target), try wasPlaced(target) else { continue }
      if try !isRenamed(target, to: source) { try rename(target, to: FilePath(target.string + plan.suffix + ".taken-back")) }
    }
    for target in plan.outermost where try isPresent(plan.aside(target)) {
      guard try !isPresent(target) else { continue }
      try rename(plan.aside(target), to: target)
    }
  }

  /// Whether something at an outermost target can be ours: what was there before is aside, or nothing was there.
  private func wasPlaced(_ target: FilePath) throws -> Bool {
    guard let outer = plan.outermost.first(where: { target.starts(with: $0) }) else { return false }
    return try isPresent(plan.aside(outer)) || !plan.occupied.contains(outer.string)
  }

  // MARK: Details

  private var upgradeService: FilePath { FilePath(plan.upgradeService) }

  /// What lay beside the installation's files goes where they are.
  private func bring(from old: FilePath, to new: FilePath) throws {
    for name in plan.neighbours {
      guard let component = FilePath.Component(name), try isPresent(old.appending(component)), try !isPresent(new.appending(component)),
        try isPresent(new)
      else { continue }
      try rename(old.appending(component), to: new.appending(component))
    }
  }

  /// To another disk: under another name first, so that a half copy is never taken for the part.
  private func carry(_ source: FilePath, to target: FilePath) throws {
    let part = copied(target)
    // One that is there and not empty came by an earlier run, which did not get to removing the source.
    if try !isPresent(target) || isEmptyFolder(target) {
      try Folder.remove(part)
      try TreeCopy.copy(source, to: part)
      try rename(part, to: target)
    }
    try Folder.remove(source)
  }

  /// What a copy to another disk is called until it is whole.
  private func copied(_ target: FilePath) -> FilePath { FilePath(target.string + PartFile.suffix) }

  private func isPresent(_ path: FilePath) throws -> Bool { try FileMetadata.ifPresent(path, followingSymlinks: false) != nil }

  private func isEmptyFolder(_ path: FilePath) throws -> Bool {
    try FileMetadata.ifPresent(path, followingSymlinks: false)?.kind == .folder && Folder.entries(of: path).isEmpty
  }

  /// Durable when this returns. An empty folder at `target` gives way.
  private func rename(_ source: FilePath, to target: FilePath) throws {
    guard try isRenamed(source, to: target) else { throw FileError("rename to '\(target)'", source, .improperLink) }
  }

  /// - Returns: `false` if `target` is on another disk, or on the same one mounted twice.
  private func isRenamed(_ source: FilePath, to target: FilePath) throws -> Bool {
    try willMove(source, target)
    do {
      try source.renameFile(to: target)
    } catch {
      if error.errno == .improperLink { return false }
      throw error
    }
    try Folder.sync(target.removingLastComponent())
    if source.removingLastComponent() != target.removingLastComponent() { try Folder.sync(source.removingLastComponent()) }
    return true
  }
}
