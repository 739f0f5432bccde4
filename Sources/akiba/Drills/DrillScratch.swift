import Deployments
import Files
import FoundationEssentials
import Primitives
import ResticFormat
import SystemPackage

/// The folder a drill restores into: nobody else's, on no path of production, gone afterwards.
struct DrillScratch {
  /// What an interrupted drill left: enough to go on with.
  struct Journal: Codable {
    var location: String
    var repository: String
    var snapshot: ContentID
    /// Of the restore so far, as far as it stopped cleanly.
    var seconds: Double
    /// A server or a rehearsal may have changed the files, or a drill has used them: no other goes on with them.
    var isSpent: Bool
  }

  /// Of the disk, in hundredths: more is left to no drill.
  private static let mostUsed = 90
  private static let journalName: FilePath.Component = "drill.json"

  let folder: FilePath
  private let lock: FolderLock

  var restored: FilePath { folder.appending("restored") }
  var room: FilePath { Self.room(in: folder) }
  static func room(in folder: FilePath) -> FilePath { folder.appending("server") }
  private var journalFile: FilePath { folder.appending(Self.journalName) }

  /// - Parameter parent: the folder a person or the configuration named.
  init(in parent: FilePath, for configuration: Configuration) throws {
    let folder = parent.appending(Self.name(for: configuration.deployment.name))
    try Self.refuseProduction(folder, configuration)
    try Folder.make(folder)
    guard let lock = try FolderLock(folder) else {
      throw DrillError(
        summary: "another drill works in '\(folder)'", hints: ["wait until it has ended, or name another folder: --scratch DIR"])
    }
    self.folder = folder
    self.lock = lock
    let foreign = try Folder.entries(of: folder).map(\.name.string).filter {
      !["restored", "server", Self.journalName.string].contains($0)
    }
    guard foreign.allSatisfy({ $0.hasSuffix(PartFile.suffix) }) else {
      throw DrillError(
        summary: "'\(folder)' holds things that no drill made: \(foreign.prefix(3).joined(separator: ", "))",
        hints: ["move them away, or name another folder: --scratch DIR"])
    }
  }

  /// Also of the container.
  static func name(for deployment: String) -> String {
    "akiba-drill-" + String(deployment.map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) ? $0 : "-" })
  }

  private static func refuseProduction(_ folder: FilePath, _ configuration: Configuration) throws {
    let real = try nearest(folder)
    let deployment = configuration.deployment
    let sources =
      deployment.nodes.flatMap { [$0.dataFolder] + $0.settings } + deployment.folders.map(\.source)
      + configuration.locations.compactMap(\.folder)
    for source in sources {
      guard let source = try? source.resolved(), real.starts(with: source) else { continue }
      throw DrillError(
        summary: "a drill may not restore into '\(folder)': '\(source)' is in use", hints: ["name a folder elsewhere: --scratch DIR"])
    }
  }

  /// With links resolved, of what is there.
  private static func nearest(_ path: FilePath) throws -> FilePath {
    var path = path
    while try FileMetadata.ifPresent(path) == nil, path.removeLastComponent() {}
    return try path.resolved()
  }

  // MARK: What an earlier drill left

  func journal() -> Journal? {
    guard let bytes = try? Data(contentsOf: URL(filePath: journalFile.string)) else { return nil }
    return try? JSONDecoder().decode(Journal.self, from: bytes)
  }

  func write(_ journal: Journal) throws { try DurableFile.write([UInt8](JSONEncoder().encode(journal)), to: journalFile) }

  /// From now on no drill goes on with what is there.
  func spend() throws {
    guard var journal = journal() else { return }
    journal.isSpent = true
    try write(journal)
  }

  /// Leaves the folder itself, which is locked. The journal goes first: what is half removed is gone on with by nobody.
  func clear() throws { try Self.clear(folder) }

  /// A folder that is not there is clear.
  static func clear(_ folder: FilePath) throws {
    guard try FileMetadata.ifPresent(folder) != nil else { return }
    try Folder.remove(folder.appending(journalName))
    try Folder.sync(folder)
    for entry in try Folder.entries(of: folder) { try Folder.remove(folder.appending(entry.name)) }
  }

  /// If nothing is in it.
  func removeFolder() { try? folder.removeEmptyFolder() }

  /// Before a byte is written.
  ///
  /// - Parameter bytes: that are going to be written.
  func checkRoom(for bytes: Int) throws {
    let space = try DiskSpace.at(folder)
    let there = FolderSize.of(restored, atMost: .max, entries: .max) ?? 0
    let used = space.total - space.free + max(0, bytes - there)
    guard used > space.total / 100 * Self.mostUsed else { return }
    throw DrillError(
      summary: "the drill restores \(Wording.bytes(bytes)), and the disk of '\(folder)' would be more than \(Self.mostUsed) % full "
        + "(\(Wording.bytes(space.free)) of \(Wording.bytes(space.total)) are free)",
      hints: ["name a folder on a larger disk: --scratch DIR"])
  }
}

struct DrillError: Explainable {
  let summary: String
  var hints: [String] = []
}
