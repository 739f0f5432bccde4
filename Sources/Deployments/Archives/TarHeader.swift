import Files

/// The 512 bytes before each member.
///
/// offset length | 0 100 name | 100 8 mode | 108 8 uid | 116 8 gid | 124 12 size | 136 12 mtime | 148 8 checksum | 156 1 type |
/// 157 100 link | 257 6 magic | 345 155 prefix of the name (USTAR only). Numbers are octal text, or base 256 where the first bit is set.
///
/// Source: POSIX.1-2017 `pax`, "ustar Interchange Format"; GNU tar, `tar.h`.
struct TarHeader {
  static let size = 512

  let type: UInt8
  let entry: TarEntry
  /// What follows the header, in bytes without padding; also for kinds that are no files.
  let contentSize: Int

  /// - Parameter block: of `size` bytes.
  /// - Parameter offset: in the archive, for messages.
  init(_ block: [UInt8], at offset: Int) throws(ArchiveError) {
    let fields = Fields(block: block, offset: offset)
    try fields.check()
    type = block[156]
    contentSize = try fields.size()
    var name = fields.text(0, 100)
    // GNU's magic is "ustar  " and has other things where the prefix is.
    let prefix = block[257..<263] == [0x75, 0x73, 0x74, 0x61, 0x72, 0] ? fields.text(345, 155) : []
    if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
    entry = TarEntry(
      kind: Self.kind(type, name), name: name, link: fields.text(157, 100), mode: UInt32(try fields.number(100, 8) & 0o7777),
      owner: try fields.identifier(108, 8), group: try fields.identifier(116, 8), size: contentSize,
      modified: FileTime(seconds: try fields.number(136, 12), nanoseconds: 0))
  }

  private static func kind(_ type: UInt8, _ name: [UInt8]) -> TarEntry.Kind {
    switch type {
    // Before USTAR a folder was a file whose name ends in a slash.
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): name.last == UInt8(ascii: "/") ? .folder : .file
    case UInt8(ascii: "1"): .hardLink
    case UInt8(ascii: "2"): .symlink
    case UInt8(ascii: "5"): .folder
    default: .other
    }
  }

  private struct Fields {
    let block: [UInt8]
    let offset: Int

    func check() throws(ArchiveError) {
      var sum = 8 * 32
      for (index, byte) in block.enumerated() where !(148..<156).contains(index) { sum += Int(byte) }
      guard try number(148, 8) == sum else { throw damaged("its checksum does not match") }
    }

    func text(_ start: Int, _ length: Int) -> [UInt8] { Array(block[start..<start + length].prefix { $0 != 0 }) }

    func size() throws(ArchiveError) -> Int {
      let size = try number(124, 12)
      // Room for sums of sizes; no file is that large.
      guard size >= 0, size <= 1 << 60 else { throw damaged("its size is \(size)") }
      return size
    }

    func identifier(_ start: Int, _ length: Int) throws(ArchiveError) -> UInt32 {
      guard let value = UInt32(exactly: try number(start, length)) else { throw damaged("its owner or group is out of range") }
      return value
    }

    func number(_ start: Int, _ length: Int) throws(ArchiveError) -> Int {
      let bytes = block[start..<start + length]
      guard let value = bytes.first.map({ $0 & 0x80 != 0 }) == true ? base256(bytes) : octal(bytes) else {
        throw damaged("a number in it cannot be read")
      }
      return value
    }

    private func octal(_ bytes: ArraySlice<UInt8>) -> Int? {
      let isBlank = { (byte: UInt8) in byte == 0 || byte == 32 }
      var value = 0
      let digits = bytes.drop(while: isBlank).prefix { !isBlank($0) }
      for digit in digits {
        guard (0x30...0x37).contains(digit) else { return nil }
        value = value << 3 | Int(digit - 0x30)
      }
      return value
    }

    /// Two's complement, the first bit aside.
    private func base256(_ bytes: ArraySlice<UInt8>) -> Int? {
      var value = bytes.first.map { $0 & 0x40 != 0 } == true ? -1 : 0
      for (index, byte) in bytes.enumerated() {
        let digit = index == 0 ? (value < 0 ? byte : byte & 0x7f) : byte
        let (product, overflow) = value.multipliedReportingOverflow(by: 256)
        guard !overflow else { return nil }
        value = product | Int(digit)
      }
      return value
    }

    private func damaged(_ reason: String) -> ArchiveError {
      ArchiveError(.damaged, "the archive's header at byte \(offset) is damaged: \(reason)")
    }
  }
}
