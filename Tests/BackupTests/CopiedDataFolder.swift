import Backup
import Deployments
import Foundation
import Repositories
import ResticFormat
import Stores
import SystemPackage
import TestSupport

/// A data folder of the corpus that tests may write to, and backups of it by a clock of their own.
struct CopiedDataFolder {
  private let folder: TemporaryFolder
  let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.url.appending(path: "data")
    try FileManager.default.copyItem(at: Corpora.folder(Corpora.growth).appending(path: "day2"), to: url)
  }

  /// - Parameter seconds: how far the clock of the run is ahead of the file system's.
  private func surroundings(later seconds: Int) -> Surroundings {
    Surroundings(
      hostname: "here", username: "tester", processID: Int(getpid()), random: .system,
      now: { Timestamp(seconds: Int(Date().timeIntervalSince1970) + seconds) },
      sleep: { if $0 > .seconds(1) { try await Task.sleep(for: $0) } }, isRunning: { _ in true })
  }

  func newCopies(in stores: any BlobStore...) async throws -> [Repository] {
    try await Repository.create(
      in: stores, password: "secret", surroundings: surroundings(later: 0), parameters: ScryptParameters(n: 16, r: 1, p: 1))
  }

  private func deployment(_ indexes: IndexChoice = .keep) -> Deployment {
    Deployment(name: "cht", nodes: [CouchNodeSource(dataFolder: FilePath(url.path))], indexes: indexes)
  }

  func found(later seconds: Int) async throws -> FoundNodes {
    try await FoundNodes(in: deployment(), now: surroundings(later: seconds).now)
  }

  /// - Parameter found: what was found earlier, if it is not looked for now.
  func backup(
    to copies: [Repository], later seconds: Int, indexes: IndexChoice = .keep, version: String = "test", found: FoundNodes? = nil
  ) async throws -> BackupReport {
    let deployment = deployment(indexes)
    let surroundings = surroundings(later: seconds)
    return try await BackupRun(
      of: deployment, to: copies, surroundings: surroundings, options: .init(descriptorLimit: 4096, programVersion: version),
      progress: BackupProgress()
    ).run { if let found { found } else { try await FoundNodes(in: deployment, now: surroundings.now) } }
  }

  /// Where a file of a snapshot is here.
  func path(of record: FileRecord) -> String { url.path + "/" + record.path.split(separator: "/").dropFirst(3).joined(separator: "/") }

  /// What CouchDB does all the time: bytes behind the newest header.
  func append(to record: FileRecord) throws {
    let file = try FileHandle(forWritingTo: URL(filePath: path(of: record)))
    try file.seekToEnd()
    try file.write(contentsOf: [1])
    try file.close()
  }
}
