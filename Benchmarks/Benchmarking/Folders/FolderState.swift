import Files
import Foundation
package import SystemPackage

/// What a generated folder holds, kept beside it: `FOLDER.state`.
package struct FolderState: Codable, Equatable, Sendable {
  package var series: String
  package var shape: Shape
  package var state: SeriesState
  package var copies: Int
  /// False while it is being written.
  package var isWhole: Bool

  package init(series: String, shape: Shape, state: SeriesState, copies: Int, isWhole: Bool = true) {
    self.series = series
    self.shape = shape
    self.state = state
    self.copies = copies
    self.isWhole = isWhole
  }

  static func file(of folder: FilePath) -> FilePath {
    folder.removingLastComponent().appending((folder.lastComponent?.string ?? "data") + ".state")
  }

  /// - Returns: `nil` for a folder that is empty or not there.
  /// - Throws: if it holds what the benchmark did not make.
  package static func read(of folder: FilePath) throws -> Self? {
    let file = file(of: folder)
    let isEmpty = try FileMetadata.ifPresent(folder) == nil || Folder.entries(of: folder).isEmpty
    if isEmpty { return nil }
    guard try FileMetadata.ifPresent(file) != nil else {
      throw BenchError(
        "folder '\(folder)' is not empty and was not made by the benchmark", hints: ["name a folder that is empty or does not exist"])
    }
    let state = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: file.string)))
    guard state.isWhole else {
      throw BenchError("folder '\(folder)' was left half written", hints: ["remove it and '\(file)', then run the same command again"])
    }
    return state
  }

  func write(of folder: FilePath) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    try DurableFile.write([UInt8](encoder.encode(self)) + [UInt8(ascii: "\n")], to: Self.file(of: folder), permissions: 0o644)
  }
}
