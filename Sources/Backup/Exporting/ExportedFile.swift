import Files
import Primitives
import SystemPackage

/// One file of an exported tree while it is written: in place behind what is there, or under a temporary name that it gives up when it is whole.
final class ExportedFile {
  private let part: PartFile
  private let final: FilePath
  private var isInPlace: Bool { part.path == final }
  private var isPublished = false
  /// When what was there before had been changed last.
  private let earlier: FileTime?

  /// Goes on behind the first `size` bytes of what is at `path`.
  ///
  /// A file that has another name somewhere is somebody's older copy and is left as it is.
  static func growing(_ path: FilePath, from size: Int) throws -> ExportedFile {
    try ExportError.writing {
      let there = try FileMetadata.of(path, followingSymlinks: false)
      guard there.links > 1 else {
        let file = ExportedFile(try PartFile(creating: path), final: path, earlier: there.modified)
        try file.part.truncate(to: size)
        return file
      }
      let file = try replacing(path)
      let known = try HeldFile(opening: path)
      if !file.part.clone(known) {
        for piece in Cutting.pieces(known: [], end: size) {
          try file.part.write(known.bytes(at: piece.range.lowerBound, count: piece.range.count), at: piece.range.lowerBound)
        }
      }
      try file.part.truncate(to: size)
      return file
    }
  }

  static func replacing(_ path: FilePath) throws -> ExportedFile {
    try ExportError.writing {
      let earlier = try FileMetadata.ifPresent(path, followingSymlinks: false)?.modified
      let file = ExportedFile(try PartFile(creating: partName(of: path)), final: path, earlier: earlier)
      try file.part.truncate(to: 0)
      return file
    }
  }

  private init(_ part: PartFile, final: FilePath, earlier: FileTime?) {
    self.part = part
    self.final = final
    self.earlier = earlier
  }

  deinit { if !isPublished, !isInPlace { part.discard() } }

  /// Of one length, however long the file's name is.
  private static func partName(of path: FilePath) -> FilePath {
    let name = ContentID(hashing: Array((path.lastComponent?.string ?? "").utf8))
    return path.removingLastComponent().appending(".\(name.short)\(PartFile.suffix)")
  }

  func write(_ bytes: [UInt8], at offset: Int) throws { try ExportError.writing { try part.write(bytes, at: offset) } }

  /// Shares the first `end` bytes of a source, where the file system can.
  ///
  /// - Returns: this file to be read instead of the source, so that what is digested is what lies here; `nil` if they have to be copied.
  func clone(_ source: any RandomAccess, end: Int) throws -> HeldFile? {
    guard let source = source as? HeldFile, part.clone(source) else { return nil }
    return try ExportError.writing {
      if try part.metadata().size > end { try part.truncate(to: end) }
      return try HeldFile(opening: part.path)
    }
  }

  /// Gives it its name, readable for its owner only. Durable it is when the caller has made it so, with all others.
  ///
  /// - Returns: by which it will be known.
  func finish(owner: (user: UInt32, group: UInt32)?) throws -> ExportState.Stamp {
    try ExportError.writing {
      try part.set(owner: owner, permissions: 0o600)
      if let time = try laterSecond() { try part.set(owner: owner, permissions: 0o600, modified: time) }
      if !isInPlace { try part.path.renameFile(to: final) }
      isPublished = true
      return ExportState.Stamp(try part.metadata())
    }
  }

  /// rsync and duplicity take a file of the same size and the same second for the same file.
  ///
  /// - Returns: `nil` if it is changed in a later second anyway.
  private func laterSecond() throws -> FileTime? {
    guard let earlier, try part.metadata().modified.seconds <= earlier.seconds else { return nil }
    return FileTime(seconds: earlier.seconds + 1, nanoseconds: 0)
  }
}
