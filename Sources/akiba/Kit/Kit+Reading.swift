import Files
import Primitives
import SystemPackage

extension Kit {
  /// In bytes; one with certificates for ten locations has some 30 000.
  private static let largest = 1 << 20
  /// - Parameter path: `kit.yaml`, or the folder it is in.
  /// - Throws: `KitError`, with the line or member that cannot be read.
  init(reading path: FilePath) throws {
    let file = try Self.open(path)
    guard file.byteCount <= Self.largest else {
      throw KitError(summary: "'\(file.path)' is too large for a kit", hints: ["name the \(Self.fileName) that 'akiba kit' made"])
    }
    self = try Self.parse(try file.bytes(at: 0, count: file.byteCount), of: file.path)
  }

  private static func open(_ path: FilePath) throws -> HeldFile {
    let isFolder = try FileMetadata.ifPresent(path)?.kind == .folder
    // Whoever names a page of the kit means the kit.
    let isPage = path.lastComponent.map { KitFolder.names.contains($0.string) } ?? false
    let file = isFolder ? path.appending(fileName) : isPage ? path.removingLastComponent().appending(fileName) : path
    guard try FileMetadata.ifPresent(file) != nil else {
      throw KitError(summary: "no kit in '\(path)'", hints: ["name the folder that 'akiba kit' made, or the \(fileName) in it"])
    }
    return try HeldFile(opening: file)
  }

  private static func parse(_ bytes: [UInt8], of path: FilePath) throws -> Kit {
    do { return try KitReading(bytes).kit() } catch let error as ConfigurationError {
      throw KitError(
        summary: "\(error.line.map { "line \($0) of " } ?? "")kit '\(path)': \(error.problem)",
        hints: error.hints.isEmpty ? advice : error.hints)
    }
  }

  private static let advice = [
    "the file is damaged or was edited: use another copy of the kit",
    "its page, kit.html or kit.md, has the same in words: 'akiba restore --repository ADDRESS --key-file FILE', or stock restic",
  ]
}
