package import SystemPackage

/// Where something is mounted for this process, bind mounts included: such a folder cannot be renamed.
package struct MountPoints: Equatable, Sendable {
  private static let table = FilePath("/proc/self/mountinfo")
  private static let largest = 16 << 20

  private let paths: Set<[UInt8]>

  package static func current() throws -> MountPoints {
    let descriptor = try FileDescriptor.open(table, .readOnly)
    return try descriptor.closeAfter { try MountPoints(table: bytes(of: descriptor)) }
  }

  /// - Parameter table: as Linux has it in `/proc/self/mountinfo` (proc(5)): the fifth field of each line is the mount point.
  package init(table: [UInt8]) {
    paths = Set(
      table.split(separator: UInt8(ascii: "\n")).compactMap { line in
        let fields = line.split(separator: UInt8(ascii: " "))
        return fields.count > 4 ? Self.unescaped(fields[4]) : nil
      })
  }

  package func contains(_ path: FilePath) -> Bool { paths.contains(Array(path.string.utf8)) }

  /// A file of `/proc` has no size.
  private static func bytes(of descriptor: FileDescriptor) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < largest {
      let piece = try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
        count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      if piece.isEmpty { break }
      bytes += piece
    }
    return bytes
  }

  /// Blanks, tabs, line ends and backslashes are written as three octal digits.
  private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = field
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3, let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8) {
        result.append(code)
        rest = rest.dropFirst(3)
      } else {
        result.append(byte)
      }
    }
    return result
  }
}
