package import Primitives
package import ResticFormat

extension RepositoryReader {
  private static let foldersInRun = 64
  private static let lanes = 4

  /// Whether everything that a tree needs is there: its folders and the content of its files.
  ///
  /// Reads the trees, not the files' bytes, and decodes no node.
  /// - Parameter isStored: tells of one blob.
  package func holdsAll(below tree: ContentID, isStored: @escaping @Sendable (BlobHandle) -> Bool) async throws -> Bool {
    var open = [tree]
    while !open.isEmpty {
      let next = open
      open = []
      let found = try await AtOnce.mapRuns(of: next, atMost: Self.lanes, longestRun: Self.foldersInRun) {
        try await self.subfolders(of: $0, isStored)
      }
      for folders in found {
        guard let folders else { return false }
        open += folders
      }
    }
    return true
  }

  /// - Returns: `nil` if one of the folders, or a file's content in it, is not all there.
  private func subfolders(of folders: ArraySlice<ContentID>, _ isStored: (BlobHandle) -> Bool) async throws -> [ContentID]? {
    var subfolders: [ContentID] = []
    for folder in folders {
      try Task.checkCancellation()
      let handle = BlobHandle(folder, .tree)
      guard isStored(handle) else { return nil }
      let json = try await loadBlob(handle)
      let references = try repository.damaged(handle) { () throws(FormatError) in try TreeReferences(json) }
      guard references.content.allSatisfy({ isStored(BlobHandle($0, .data)) }) else { return nil }
      subfolders += references.subtrees
    }
    return subfolders
  }
}
