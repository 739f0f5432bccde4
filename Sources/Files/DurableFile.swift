import Glibc
package import SystemPackage

/// The one way Akiba writes a file that must survive a crash: a temporary name beside it, fsync, rename, fsync of the folder.
package enum DurableFile {
  /// Writes `bytes` under `path` in one step: readers see nothing or all of it, also after a power loss.
  ///
  /// - Parameter replacing: whether a file that is already there may be replaced; otherwise `.fileExists` is thrown.
  package static func write(
    _ bytes: [UInt8], to path: FilePath, permissions: UInt32 = 0o600, replacing: Bool = true
  ) throws(FileError) {
    let part = try PartFile(creating: partName(of: path), permissions: permissions)
    do {
      try part.write(bytes, at: 0)
      try part.publish(as: path, replacing: replacing)
    } catch {
      part.discard()
      throw error
    }
  }

  /// A name beside `path` that no other process uses and that listings can recognize as unfinished.
  private static func partName(of path: FilePath) -> FilePath {
    path.removingLastComponent().appending(
      ".\(path.lastComponent?.string ?? "file").\(getpid()).\(UInt32.random(in: 0 ... .max))\(PartFile.suffix)")
  }
}

/// A file under a temporary name that becomes visible only when it is whole.
package final class PartFile: Sendable {
  /// Ends the name of every unfinished file of ours.
  package static let suffix = ".akiba-part"

  let descriptor: FileDescriptor
  package let path: FilePath

  /// Opens `path` for writing, keeping what an interrupted run left there.
  package init(creating path: FilePath, permissions: UInt32 = 0o600) throws(FileError) {
    let number = path.withPlatformString { open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode_t(permissions)) }
    guard number >= 0 else { throw FileError("create", path, .current) }
    descriptor = FileDescriptor(rawValue: number)
    self.path = path
  }

  deinit { try? descriptor.close() }

  package func metadata() throws(FileError) -> FileMetadata {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else { throw FileError("look at", path, .current) }
    return FileMetadata(status)
  }

  package func write(_ bytes: [UInt8], at offset: Int) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        pwrite(descriptor.rawValue, buffer.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
      }
      if count < 0 {
        if Glibc.errno == EINTR { continue }
        throw FileError("write", path, .current)
      }
      done += count
    }
  }

  /// Up to `count` bytes from `offset`; fewer at the end.
  package func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    var failure: Errno?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = 0
      while filled < count {
        let got = pread(descriptor.rawValue, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))  // count > 0 here
        if got == 0 { return }
        if got < 0 {
          if Glibc.errno == EINTR { continue }
          failure = .current
          return
        }
        filled += got
      }
    }
    if let failure { throw FileError("read", path, failure) }
    return bytes
  }

  package func truncate(to size: Int) throws(FileError) {
    guard ftruncate(descriptor.rawValue, off_t(size)) == 0 else { throw FileError("set the size of", path, .current) }
  }

  /// Owner, permissions and times, before the file gets its name.
  package func set(owner: (user: UInt32, group: UInt32)?, permissions: UInt32, modified: FileTime) throws(FileError) {
    try set(owner: owner, permissions: permissions)
    let times = [modified.timespec, modified.timespec]
    guard futimens(descriptor.rawValue, times) == 0 else { throw FileError("set times of", path, .current) }
  }

  package func set(owner: (user: UInt32, group: UInt32)?, permissions: UInt32) throws(FileError) {
    if let owner, fchown(descriptor.rawValue, owner.user, owner.group) != 0 { throw FileError("give to its owner", path, .current) }
    guard fchmod(descriptor.rawValue, mode_t(permissions)) == 0 else { throw FileError("set permissions of", path, .current) }
  }

  /// fsync, rename to `final`, fsync of the folder.
  ///
  /// - Parameter syncingFolder: `false` when the caller makes many files durable in one folder and syncs it once.
  package func publish(as final: FilePath, replacing: Bool, syncingFolder: Bool = true) throws(FileError) {
    guard fsync(descriptor.rawValue) == 0 else { throw FileError("make durable", path, .current) }
    if replacing {
      guard path.withPlatformString({ from in final.withPlatformString { rename(from, $0) } }) == 0 else {
        throw FileError("rename to '\(final)'", path, .current)
      }
    } else {
      try linkUnlessPresent(as: final)
    }
    if syncingFolder { try Folder.sync(final.removingLastComponent()) }
  }

  /// link refuses an existing name, where rename would replace it.
  private func linkUnlessPresent(as final: FilePath) throws(FileError) {
    if path.withPlatformString({ from in final.withPlatformString { link(from, $0) } }) == 0 { return discard() }
    let reason = Errno.current
    // FAT and some network file systems have no hard links.
    guard reason == .notPermitted || reason == .notSupported, try FileMetadata.ifPresent(final, followingSymlinks: false) == nil else {
      throw FileError("create", final, reason == .notPermitted || reason == .notSupported ? .fileExists : reason)
    }
    try path.renameFile(to: final)
  }

  /// Removes the temporary name.
  package func discard() { _ = path.withPlatformString { unlink($0) } }
}

extension FilePath {
  /// Owner, permissions and times of a folder or symlink, after its contents are there.
  package func setMetadata(owner: (user: UInt32, group: UInt32)?, permissions: UInt32?, modified: FileTime) throws(FileError) {
    try setMetadata(owner: owner, permissions: permissions)
    let times = [modified.timespec, modified.timespec]
    guard withPlatformString({ utimensat(AT_FDCWD, $0, times, AT_SYMLINK_NOFOLLOW) }) == 0 else {
      throw FileError("set times of", self, .current)
    }
  }

  /// - Parameter permissions: `nil` for a symlink, which has none.
  package func setMetadata(owner: (user: UInt32, group: UInt32)?, permissions: UInt32?) throws(FileError) {
    if let owner, withPlatformString({ lchown($0, owner.user, owner.group) }) != 0 {
      throw FileError("give to its owner", self, .current)
    }
    if let permissions, withPlatformString({ chmod($0, mode_t(permissions)) }) != 0 {
      throw FileError("set permissions of", self, .current)
    }
  }

  /// Makes a file's bytes durable; see `ManyFiles` for many.
  package func syncFile() throws(FileError) {
    let number = withPlatformString { open($0, O_RDONLY | O_CLOEXEC) }
    guard number >= 0 else { throw FileError("open", self, .current) }
    defer { close(number) }
    guard fsync(number) == 0 else { throw FileError("make durable", self, .current) }
  }

  package func removeFile() throws(FileError) {
    guard withPlatformString({ unlink($0) }) == 0 else { throw FileError("remove", self, .current) }
  }

  package func removeEmptyFolder() throws(FileError) {
    guard withPlatformString({ rmdir($0) }) == 0 else { throw FileError("remove", self, .current) }
  }

  package func renameFile(to target: FilePath) throws(FileError) {
    guard withPlatformString({ from in target.withPlatformString { rename(from, $0) } }) == 0 else {
      throw FileError("rename to '\(target)'", self, .current)
    }
  }

  /// - Parameter target: raw bytes, without NUL.
  package func makeSymlink(to target: [UInt8]) throws(FileError) {
    let target = target.map { CChar(bitPattern: $0) } + [0]
    guard withPlatformString({ symlink(target, $0) }) == 0 else {
      throw FileError("create the link", self, .current)
    }
  }

  package func symlinkTarget() throws(FileError) -> [UInt8] {
    var failure: Errno?
    let target = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, filled in
      let count = withPlatformString { path in
        buffer.withMemoryRebound(to: CChar.self) { readlink(path, $0.baseAddress!, $0.count) }  // capacity is PATH_MAX
      }
      filled = max(0, count)
      if count < 0 { failure = .current }
    }
    if let failure { throw FileError("read the link", self, failure) }
    return target
  }

  /// The path with every symlink resolved.
  package func resolved() throws(FileError) -> FilePath {
    guard let real = withPlatformString({ realpath($0, nil) }) else { throw FileError("find", self, .current) }
    defer { free(real) }
    return FilePath(platformString: real)
  }
}
