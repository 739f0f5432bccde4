import Files
import Foundation
import Repositories
import ResticFormat
import Stores
package import SystemPackage

/// A repository of nothing but index files, to see what loading them costs.
package struct IndexFolder {
  static let password = "bench"
  /// The key is no secret: as little work as scrypt accepts.
  static let quickScrypt = ScryptParameters(n: 16, r: 1, p: 1)
  /// About what a blob takes: in memory while it is loaded, at most, and on the disk.
  private static let memoryOfBlob = 200
  private static let diskOfBlob = 60

  private let folder: FilePath

  package init(_ folder: FilePath) { self.folder = folder }

  /// - Returns: why an index of so many blobs is not tried here; `nil` if it is.
  package static func obstacle(blobs: Int, scratch: FilePath) throws -> String? {
    let memory = Int(ProcessInfo.processInfo.physicalMemory)
    if blobs * memoryOfBlob > memory {
      return "it may take \(Wording.megabytes(blobs * memoryOfBlob)) MB of memory, and this machine has \(Wording.megabytes(memory)) MB"
    }
    let free = try Folder.freeBytes(at: scratch)
    if blobs * diskOfBlob > free {
      return "it may take \(Wording.megabytes(blobs * diskOfBlob)) MB of '\(scratch)', and \(Wording.megabytes(free)) MB are free"
    }
    return nil
  }

  package func make(blobs: Int) async throws {
    let copies = try await Repository.create(
      in: [FolderStore(folder)], password: Self.password, surroundings: .ofBench, parameters: Self.quickScrypt)
    for file in 0..<max(1, blobs / IndexFile.mostBlobs) {
      let object = copies[0].seal(IndexFile.encode(SyntheticIndex.packs(file: file)), as: .index)
      try await copies[0].store.put(object.bytes, as: object.name)
    }
  }

  /// What loading took. The peak is this process's: it should do nothing else.
  package func load() async throws -> IndexLoad {
    let repository = try await Repository.open(FolderStore(folder), password: Self.password, surroundings: .ofBench)
    let start = ContinuousClock.now
    let index = try await RepositoryIndex.load(repository)
    return IndexLoad(blobs: index.blobCount, seconds: (ContinuousClock.now - start) / .seconds(1), peakBytes: PeakMemory.ofThisProcess)
  }
}

package struct IndexLoad: Codable, Sendable {
  package let blobs: Int
  package let seconds: Double
  package let peakBytes: Int
}

extension Surroundings {
  static var ofBench: Self {
    Surroundings(
      hostname: "bench", username: "bench", processID: Int(getpid()), random: .system,
      now: { Timestamp(seconds: Int(Date().timeIntervalSince1970)) }, sleep: { try await Task.sleep(for: $0) }, isRunning: { _ in true })
  }
}
