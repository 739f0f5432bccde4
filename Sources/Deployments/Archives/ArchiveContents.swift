import Files
import SystemPackage

/// Gathers what an engine's archive call answers: one folder with what is below it, or one file.
///
/// The first member is what was asked for. Docker calls it by its last name (`private/`, then `private/cert.pem`), Podman does so too or
/// calls it `/` where a volume is mounted (then `/cert.pem`): so its name is taken off all others.
package struct ArchiveContents: Sendable {
  /// Of members. A folder of certificates has ten.
  static let mostFiles = 100_000

  package private(set) var files: [ArchivedFile] = []
  private let largest: Int
  private var reader = TarReader()
  private var root: [ArraySlice<UInt8>]?
  private var indexes: [FilePath: Int] = [:]
  /// Bytes of all bodies so far.
  private var total = 0
  private var isFile = false

  /// - Parameter largest: bytes of all files together.
  package init(largest: Int) { self.largest = largest }

  package mutating func take(_ bytes: [UInt8]) throws(ArchiveError) {
    for event in try reader.take(bytes) {
      switch event {
      case .entry(let entry): try add(entry)
      // The body of an unknown kind of member is passed over.
      case .content(let piece): if isFile { files[files.count - 1].content += piece }
      }
    }
  }

  package func finish() throws(ArchiveError) {
    try reader.finish()
    guard !files.isEmpty else { throw ArchiveError(.truncated, "the archive is empty") }
  }

  private mutating func add(_ entry: TarEntry) throws(ArchiveError) {
    let path = try path(of: entry.name)
    guard indexes[path] == nil else { throw ArchiveError(.damaged, "the archive has '\(path)' twice") }
    guard files.count < Self.mostFiles else { throw ArchiveError(.tooLarge, "the archive has more than \(Self.mostFiles) files") }
    let content = entry.kind == .hardLink ? try linked(entry) : []
    try count(max(entry.size, content.count), path)
    indexes[path] = files.count
    isFile = entry.kind == .file
    files.append(
      ArchivedFile(
        path: path, kind: Self.kind(entry), mode: entry.mode, owner: entry.owner, group: entry.group, modified: entry.modified,
        content: content))
  }

  private mutating func count(_ size: Int, _ path: FilePath) throws(ArchiveError) {
    guard size <= largest - total else {
      throw ArchiveError(.tooLarge, "with '\(path)' the files have more than \(largest) bytes")
    }
    total += size
  }

  private func linked(_ entry: TarEntry) throws(ArchiveError) -> [UInt8] {
    let target = try relative(entry.link)
    guard let target, let index = indexes[target], files[index].kind == .file else {
      throw ArchiveError(.damaged, "the archive has a link to '\(String(decoding: entry.link, as: UTF8.self))', which is not in it")
    }
    return files[index].content
  }

  private static func kind(_ entry: TarEntry) -> ArchivedFile.Kind {
    switch entry.kind {
    case .file, .hardLink: .file
    case .folder: .folder
    case .symlink: .symlink(FilePath(bytes: entry.link))
    case .other: .other
    }
  }

  // MARK: Names

  private mutating func path(of name: [UInt8]) throws(ArchiveError) -> FilePath {
    if root == nil {
      let elements = try Self.elements(name)
      guard elements.count <= 1 else {
        throw ArchiveError(.damaged, "the archive begins with '\(String(decoding: name, as: UTF8.self))', not with what was asked for")
      }
      root = elements
    } else if files.first?.kind != .folder {
      throw ArchiveError(.damaged, "the archive of a file has more than one member")
    }
    guard let path = try relative(name) else {
      throw ArchiveError(.unsafeName, "the archive has '\(String(decoding: name, as: UTF8.self))', which is outside of what was asked for")
    }
    return path
  }

  /// Below the root; `nil` if it is not.
  private func relative(_ name: [UInt8]) throws(ArchiveError) -> FilePath? {
    let elements = try Self.elements(name)
    guard let root, elements.starts(with: root) else { return nil }
    return FilePath(bytes: Array(elements.dropFirst(root.count).joined(separator: [UInt8(ascii: "/")])))
  }

  private static func elements(_ name: [UInt8]) throws(ArchiveError) -> [ArraySlice<UInt8>] {
    let elements = name.split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }
    guard !elements.contains(Array("..".utf8)[...]) else {
      throw ArchiveError(.unsafeName, "the archive has '\(String(decoding: name, as: UTF8.self))', which leads out of its folder")
    }
    return elements
  }
}

extension FilePath {
  fileprivate init(bytes: [UInt8]) {
    self = (bytes + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { FilePath(platformString: $0.baseAddress!) }
    }
  }
}
