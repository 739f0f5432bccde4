import SystemPackage
import CLinux

extension PartFile {
  /// Makes this file share all blocks of another, where the file system can (btrfs, XFS, bcachefs): no bytes are copied and no room is taken.
  ///
  /// - Returns: `false` if it cannot; then nothing has changed.
  package func clone(_ source: HeldFile) -> Bool { akiba_clone(descriptor.rawValue, source.descriptor.rawValue) == 0 }
}
