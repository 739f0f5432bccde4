/// What a server offers beyond version 3.
package struct SFTPFeatures: Hashable, Sendable {
  /// In bytes: every server reads and writes so many at a time.
  package static let smallestChunk = 32 << 10
  /// In bytes: larger ones go no faster, and small requests wait longer behind them.
  package static let largestChunk = 64 << 10

  package var replacesNames = false
  package var syncs = false
  package var tellsFileSystem = false
  package var tellsLimits = false
  /// In bytes, of one read or write.
  package var chunkSize = Self.smallestChunk

  package init(extensions: [String: String]) {
    replacesNames = extensions["posix-rename@openssh.com"] == "1"
    syncs = extensions["fsync@openssh.com"] == "1"
    tellsFileSystem = extensions["statvfs@openssh.com"] == "2"
    tellsLimits = extensions["limits@openssh.com"] == "1"
  }

  /// - Parameter limits: the answer to that question: largest message, read and write, most open files; 0 for no limit.
  package mutating func take(limits: [UInt8]) throws(SFTPMalformed) {
    var reader = SFTPReader(limits[...])
    _ = try reader.long()
    let sizes = [try reader.long(), try reader.long()].map { $0 == 0 ? .max : $0 }
    chunkSize = Int(min(max(sizes.min() ?? 0, 1), UInt64(Self.largestChunk)))
  }
}

/// The file system that holds a path, from `statvfs@openssh.com`.
struct SFTPFileSystem: Hashable, Sendable {
  /// In bytes, for users who are not root.
  let free: Int
  let isReadOnly: Bool
  /// Whether no more files can be made, however small.
  let hasNoFilesLeft: Bool

  init(parsing bytes: [UInt8]) throws(SFTPMalformed) {
    var reader = SFTPReader(bytes[...])
    var fields: [UInt64] = []
    for _ in 0..<11 { fields.append(try reader.long()) }
    let (bytes, overflow) = fields[4].multipliedReportingOverflow(by: fields[1])
    free = overflow ? .max : Int(clamping: bytes)
    isReadOnly = fields[9] & 1 != 0
    // Some file systems count no files at all.
    hasNoFilesLeft = fields[5] > 0 && fields[7] == 0
  }
}
