import Files

/// What precedes a file, folder or link in a POSIX tar archive: one block of 512 bytes, and before it a pax header for what does not fit in.
///
/// Source: POSIX.1-2024, `pax`, "ustar Interchange Format" and "pax Interchange Format".
package struct TarMember {
  package enum Kind: Equatable, Sendable {
    /// Size in bytes.
    case file(size: Int)
    case folder
    case symlink([UInt8])
  }

  package static let blockSize = 512

  private let path: [UInt8]
  private let kind: Kind
  /// The low twelve bits of `st_mode`.
  private let permissions: UInt32
  private let owner: UInt32
  private let group: UInt32
  /// In seconds since 1970.
  private let modified: Int

  /// - Parameter path: relative, without a slash at its end.
  package init(_ path: String, _ kind: Kind, permissions: UInt32, owner: UInt32, group: UInt32, modified: Int) {
    self.path = Array(path.utf8) + (kind == .folder ? Array("/".utf8) : [])
    self.kind = kind
    self.permissions = permissions
    self.owner = owner
    self.group = group
    self.modified = modified
  }

  /// A multiple of 512 bytes; a file's bytes follow, filled up to the next multiple.
  package var header: [UInt8] {
    let records = paxRecords
    guard !records.isEmpty else { return ustar }
    let member = Block(name: Array("././@PaxHeader".utf8), type: "x", size: records.count)
    return member.bytes + records + Self.padding(after: records.count) + ustar
  }

  /// What fills the last block of so many bytes.
  package static func padding(after count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: (blockSize - count % blockSize) % blockSize)
  }

  private var size: Int { if case .file(let size) = kind { size } else { 0 } }
  private var link: [UInt8] { if case .symlink(let target) = kind { target } else { [] } }

  private var ustar: [UInt8] {
    let type: Character =
      switch kind {
      case .file: "0"
      case .folder: "5"
      case .symlink: "2"
      }
    var block = Block(name: path, type: type, size: size)
    block.permissions = Int(permissions)
    block.owner = Int(owner)
    block.group = Int(group)
    block.modified = modified
    block.link = link
    return block.bytes
  }

  // MARK: pax

  private var paxRecords: [UInt8] {
    var records: [UInt8] = []
    func add(_ key: String, _ value: [UInt8]) { records += Self.record(key, value) }
    if path.count > Block.longestName || path.contains(where: { $0 > 127 }) { add("path", path) }
    if link.count > Block.longestName || link.contains(where: { $0 > 127 }) { add("linkpath", link) }
    if size > Block.largestLong { add("size", Array(String(size).utf8)) }
    if owner > Block.largestShort { add("uid", Array(String(owner).utf8)) }
    if group > Block.largestShort { add("gid", Array(String(group).utf8)) }
    if modified < 0 || modified > Block.largestLong { add("mtime", Array(String(modified).utf8)) }
    return records
  }

  /// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
  private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
    let rest = Array(" \(key)=".utf8) + value + [UInt8(ascii: "\n")]
    var length = rest.count + 1
    while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
    return Array(String(length).utf8) + rest
  }
}

/// A ustar header.
private struct Block {
  static let longestName = 100
  /// In seven and eleven octal digits.
  static let largestShort = 0o7_777_777
  static let largestLong = 0o77_777_777_777

  let name: [UInt8]
  let type: Character
  let size: Int
  var permissions = 0o600
  var owner = 0
  var group = 0
  var modified = 0
  var link: [UInt8] = []

  /// What does not fit is cut off or 0: then a pax header says it.
  var bytes: [UInt8] {
    var block = [UInt8](repeating: 0, count: TarMember.blockSize)
    func put(_ field: [UInt8], at offset: Int) { block.replaceSubrange(offset..<offset + field.count, with: field) }
    put(Array(name.prefix(Self.longestName)), at: 0)
    put(Self.octal(permissions, digits: 7), at: 100)
    put(Self.octal(owner, digits: 7), at: 108)
    put(Self.octal(group, digits: 7), at: 116)
    put(Self.octal(size, digits: 11), at: 124)
    put(Self.octal(modified, digits: 11), at: 136)
    put(Array("        ".utf8), at: 148)
    put([type.asciiValue ?? 0], at: 156)
    put(Array(link.prefix(Self.longestName)), at: 157)
    put(Array("ustar".utf8) + [0] + Array("00".utf8), at: 257)
    // The checksum counts its own field as blanks.
    put(Self.octal(block.reduce(0) { $0 + Int($1) }, digits: 6) + [0], at: 148)
    return block
  }

  private static func octal(_ number: Int, digits: Int) -> [UInt8] {
    let text = String(number, radix: 8)
    guard number >= 0, text.utf8.count <= digits else { return octal(0, digits: digits) }
    return [UInt8](repeating: UInt8(ascii: "0"), count: digits - text.utf8.count) + Array(text.utf8)
  }
}
