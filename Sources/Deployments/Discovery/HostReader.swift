import Primitives
import Files
package import SystemPackage

/// Reads small files of the host: directly, or through the container engine where this process may not.
package struct HostReader: Sendable {
  /// In bytes. No certificate, `.env` or settings file is larger.
  private static let largestFile = 4 << 20
  /// In bytes, of a folder's files each and of all together: compose files are small, and what else lies beside them is not wanted.
  private static let largestOfFolder = 1 << 20
  private static let largestFolder = 16 << 20

  private let volumes: (any VolumeReading)?

  package init(volumes: (any VolumeReading)? = nil) { self.volumes = volumes }

  package enum Answer: Sendable {
    case bytes([UInt8])
    case missing
    /// It is there, or might be, and cannot be read: why.
    case refused(String)

    package var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
  }

  /// The files directly in a folder, by name.
  package struct Contents: Sendable {
    package fileprivate(set) var files: [(name: String, bytes: [UInt8])] = []
    /// Too large by themselves, or together with those before them.
    package fileprivate(set) var skipped: [String] = []
    package fileprivate(set) var unreadable: [String] = []
    fileprivate var room = HostReader.largestFolder

    fileprivate init() {}
  }

  /// One file of a folder.
  package func file(_ name: String, in folder: FilePath) async -> Answer {
    switch await read(name, in: folder, largest: Self.largestFile) {
    case .bytes(let bytes): .bytes(bytes)
    case .missing: .missing
    case .tooLarge: .refused("'\(folder.appending(name))' is larger than \(Self.largestFile >> 20) MiB")
    case .refused(let reason): .refused(reason)
    }
  }

  /// All files directly in a folder that are not too large, or the one file that it is.
  ///
  /// - Returns: `nil` if it cannot be read, or one of them cannot.
  package func files(in folder: FilePath) async -> [(name: String, bytes: [UInt8])]? {
    guard let contents = await contents(of: folder), contents.unreadable.isEmpty else { return nil }
    return contents.files
  }

  /// All files directly in a folder, or the one file that it is, and which of them could not be had.
  ///
  /// - Returns: `nil` if it cannot be read.
  package func contents(of folder: FilePath) async -> Contents? {
    var contents = Contents()
    do {
      if try FileMetadata.of(folder).kind == .file {
        let name = folder.lastComponent?.string ?? ""
        contents.add(try Self.read(folder, largest: Self.largestFile), name)
        return contents
      }
      for entry in try Folder.entries(of: folder).sorted(by: { $0.name.string < $1.name.string }) where entry.kind != .folder {
        guard Self.mayBeFile(folder.appending(entry.name)) else { continue }
        contents.add(await read(entry.name.string, in: folder, largest: min(Self.largestOfFolder, contents.room)), entry.name.string)
      }
      return contents
    } catch {
      return await archivedContents(of: folder)
    }
  }

  // MARK: Reading

  fileprivate enum Reading {
    case bytes([UInt8])
    case missing
    case tooLarge
    case refused(String)
  }

  private func read(_ name: String, in folder: FilePath, largest: Int) async -> Reading {
    do {
      return try Self.read(folder.appending(name), largest: largest)
    } catch let error as FileError {
      return await archived(name, in: folder, largest: largest, insteadOf: error)
    } catch {
      return .refused("\(error)")
    }
  }

  private static func read(_ path: FilePath, largest: Int) throws -> Reading {
    let file = try HeldFile(opening: path)
    return file.byteCount > largest ? .tooLarge : .bytes(try file.bytes(at: 0, count: file.byteCount))
  }

  /// Whoever cannot look at it has to try; and a link that leads nowhere here may lead somewhere in a container.
  private static func mayBeFile(_ path: FilePath) -> Bool {
    do {
      return try FileMetadata.ifPresent(path).map { $0.kind == .file } ?? true
    } catch {
      return true
    }
  }

  // MARK: Through the engine

  /// The file alone first: much else may lie in its folder.
  private func archived(_ name: String, in folder: FilePath, largest: Int, insteadOf error: FileError) async -> Reading {
    let path = folder.appending(name)
    // A folder that can be listed and lacks the file is an answer; one that cannot be entered is not, and neither is a link that leads nowhere.
    let isThere = (try? FileMetadata.ifPresent(path, followingSymlinks: false)) != nil
    let isMissing = error.errno == .noSuchFileOrDirectory && !isThere && (try? FileMetadata.ifPresent(folder)) != nil
    if isMissing { return .missing }
    if let volumes {
      if let file = try? await ArchivedTree.read(path, through: volumes)?.files.first { return Self.content(of: file, path, largest) }
      if let tree = try? await ArchivedTree.read(folder, through: volumes) {
        guard let file = tree.files.first(where: { $0.path.string == name }) else { return .missing }
        return Self.content(of: try? await tree.target(of: file), path, largest)
      }
    }
    return error.errno == .noSuchFileOrDirectory ? .missing : .refused(error.summary)
  }

  private func archivedContents(of folder: FilePath) async -> Contents? {
    guard let volumes, let tree = try? await ArchivedTree.read(folder, through: volumes) else { return nil }
    var contents = Contents()
    for file in tree.files.sorted(by: { $0.path.string < $1.path.string }) where file.path.components.count <= 1 {
      let target = try? await tree.target(of: file)
      if let target, target.kind != .file { continue }
      let name = file.path.lastComponent?.string ?? folder.lastComponent?.string ?? ""
      let largest = file.path.isEmpty ? Self.largestFile : min(Self.largestOfFolder, contents.room)
      contents.add(Self.content(of: target, folder.appending(name), largest), name)
    }
    return contents
  }

  /// - Parameter file: `nil`: what a link leads to cannot be had.
  private static func content(of file: ArchivedFile?, _ path: FilePath, _ largest: Int) -> Reading {
    guard let file else { return .refused("'\(path)' is a link, and what it leads to cannot be read") }
    guard file.kind == .file else { return .refused("'\(path)' is not a file") }
    return file.content.count > largest ? .tooLarge : .bytes(file.content)
  }
}

extension HostReader.Contents {
  fileprivate mutating func add(_ reading: HostReader.Reading, _ name: String) {
    switch reading {
    case .bytes(let bytes):
      files.append((name, bytes))
      room -= min(room, bytes.count)
    case .missing: break
    case .tooLarge: skipped.append(name)
    case .refused: unreadable.append(name)
    }
  }
}
