import Benchmarking
import Files
import SystemPackage

/// Whether the scratch disk has room: the data folder, a repository of each tool, a plain copy, and what is restored.
enum Room {
  private static let copies = 6
  /// What a file of shape users takes on the disk, about, in bytes.
  private static let smallFile = 20_000

  static func check(_ scratch: FilePath, shapes: [Shape], size: Int, files: Int) throws {
    let largest = shapes.map { $0 == .users ? files * smallFile : size }.max() ?? 0
    let (needed, overflow) = largest.multipliedReportingOverflow(by: copies)
    let free = try Folder.freeBytes(at: scratch)
    guard overflow || free < needed else { return }
    throw BenchError(
      "scratch folder '\(scratch)' has \(Wording.megabytes(free)) MB free, and \(Wording.megabytes(overflow ? .max : needed)) MB are needed",
      hints: ["name a folder on a larger disk with --scratch", "or make it smaller with --size or --files"])
  }
}
