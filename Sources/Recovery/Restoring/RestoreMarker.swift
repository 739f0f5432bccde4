import Files
import FoundationEssentials
import Primitives
import SystemPackage

/// The file in a restored folder that says what it is: which snapshot, and whether the restore came to its end.
///
/// It tells a folder that a restore may go on in from one that somebody works with.
struct RestoreMarker: Codable {
  static let name = FilePath.Component(".akiba-restore.json")

  var repository: String
  var snapshot: ContentID
  var isComplete: Bool
  /// The restored part, so that a restore goes on only with the same one.
  var paths: [String]
  var databases: [String]

  enum CodingKeys: String, CodingKey {
    case repository, snapshot, paths, databases
    case isComplete = "complete"
  }

  /// A mark that a restore killed in its first moment did not finish.
  static func isUnfinished(_ entry: FilePath.Component) -> Bool {
    entry.string.hasPrefix(".\(name.string)") && entry.string.hasSuffix(PartFile.suffix)
  }

  static func removeUnfinished(in folder: FilePath) throws {
    for entry in try Folder.entries(of: folder) where isUnfinished(entry.name) { try folder.appending(entry.name).removeFile() }
  }

  static func read(in folder: FilePath) throws -> RestoreMarker? {
    let path = folder.appending(name)
    guard try FileMetadata.ifPresent(path) != nil else { return nil }
    let file = try HeldFile(opening: path)
    guard let marker = try? JSONDecoder().decode(RestoreMarker.self, from: Data(file.bytes(at: 0, count: file.byteCount))) else {
      throw RecoveryError(
        .targetNotEmpty, "'\(path)' is not the mark of a restore", hints: ["restore into an empty folder"])
    }
    return marker
  }

  func write(in folder: FilePath) throws {
    try DurableFile.write([UInt8](JSONEncoder().encode(self)), to: folder.appending(Self.name))
  }
}
