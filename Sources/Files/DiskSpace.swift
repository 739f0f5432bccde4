import Glibc
package import SystemPackage

/// Room on the file system a path lies on.
package struct DiskSpace: Sendable, Equatable {
  /// Of the file system; equal for two paths on one.
  package let device: UInt64
  /// In bytes.
  package let total: Int
  /// In bytes, for users who are not root.
  package let free: Int

  /// - Parameter path: need not exist yet; then the nearest folder above it counts.
  package static func at(_ path: FilePath) throws(FileError) -> DiskSpace {
    var path = path
    while try FileMetadata.ifPresent(path) == nil, path.removeLastComponent() {}
    var status = statvfs()
    guard path.withPlatformString({ statvfs($0, &status) }) == 0 else { throw FileError("look at the disk of", path, .current) }
    func bytes(_ blocks: fsblkcnt_t) -> Int {
      // File systems without a size of their own say what they like.
      let (bytes, isTooMany) = Int(clamping: blocks).multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
      return isTooMany ? .max : bytes
    }
    return DiskSpace(device: try FileMetadata.of(path).device, total: bytes(status.f_blocks), free: bytes(status.f_bavail))
  }
}
