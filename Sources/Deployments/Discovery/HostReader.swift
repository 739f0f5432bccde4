import Primitives
import Files
package import SystemPackage

/// Reads small files of the host: directly, or through the container engine where this process may not.
package struct HostReader: Sendable {
  /// No certificate, `.env` or settings file is larger.
  private static let largest = 4 << 20

  private let volumes: (any VolumeReading)?

  package init(volumes: (any VolumeReading)? = nil) { self.volumes = volumes }

  package enum Answer: Sendable {
    case bytes([UInt8])
    case missing
    /// It is there, or might be, and cannot be read: why.
    case refused(String)

    package var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
  }

  /// One file of a folder.
  package func file(_ name: String, in folder: FilePath) async -> Answer {
    do {
      return try .bytes(Self.read(folder.appending(name)))
    } catch let error as FileError {
      return await archived(folder, insteadOf: error, pick: { $0.first { $0.path.string == name } })
    } catch {
      return .refused("\(error)")
    }
  }

  /// All files directly in a folder, or the one file that it is.
  ///
  /// - Returns: `nil` if it cannot be read.
  package func files(in folder: FilePath) async -> [(name: String, bytes: [UInt8])]? {
    do {
      if try FileMetadata.of(folder).kind == .file { return [(folder.lastComponent?.string ?? "", try Self.read(folder))] }
      return try Folder.entries(of: folder).filter { $0.kind != .folder }.compactMap { entry in
        guard try FileMetadata.ifPresent(folder.appending(entry.name))?.kind == .file else { return nil }
        return (entry.name.string, try Self.read(folder.appending(entry.name)))
      }
    } catch {
      guard let files = try? await volumes?.files(at: folder) else { return nil }
      return files.filter { $0.kind == .file && $0.path.components.count <= 1 }.map { file in
        (file.path.lastComponent?.string ?? folder.lastComponent?.string ?? "", file.content)
      }
    }
  }

  private func archived(_ folder: FilePath, insteadOf error: FileError, pick: ([ArchivedFile]) -> ArchivedFile?) async -> Answer {
    // A folder that can be listed and lacks the file is an answer; one that cannot be entered is not.
    let isMissing = error.errno == .noSuchFileOrDirectory && (try? FileMetadata.ifPresent(folder)) != nil
    if isMissing { return .missing }
    guard let files = try? await volumes?.files(at: folder) else {
      return error.errno == .noSuchFileOrDirectory ? .missing : .refused(error.summary)
    }
    return pick(files).map { .bytes($0.content) } ?? .missing
  }

  private static func read(_ path: FilePath) throws -> [UInt8] {
    let file = try HeldFile(opening: path)
    return try file.bytes(at: 0, count: min(file.byteCount, largest))
  }
}
