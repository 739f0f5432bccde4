import Foundation
import Stores
import SystemPackage

/// A folder that is gone afterwards.
func withTemporaryFolder(_ body: (FilePath) async throws -> Void) async throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "akiba-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try await body(FilePath(folder.path))
}

extension FolderStore {
  func bytes(of name: ObjectName) throws -> [UInt8] { try bytes(of: name, in: nil) }
}
