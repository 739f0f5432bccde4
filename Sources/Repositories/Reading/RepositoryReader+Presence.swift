package import Primitives
package import ResticFormat

extension RepositoryReader {
  /// Whether everything that a tree needs is there: its folders and the content of its files.
  ///
  /// Reads the trees, not the files' bytes, and decodes no node.
  /// - Parameter isStored: tells of one blob.
  package func holdsAll(below tree: ContentID, isStored: @escaping @Sendable (BlobHandle) -> Bool) async throws -> Bool {
    var open = [tree]
    while !open.isEmpty {
      let next = inStoredOrder(open) { $0 }
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
    let folders = Array(folders)
    guard folders.allSatisfy({ isStored(BlobHandle($0, .tree)) }) else { return nil }
    var subfolders: [ContentID] = []
    var isWhole = true
    try await readJSON(of: folders) { position, json in
      guard isWhole else { return }
      let references = try repository.damaged(BlobHandle(folders[position], .tree)) { () throws(FormatError) in try TreeReferences(json) }
      isWhole = references.content.allSatisfy { isStored(BlobHandle($0, .data)) }
      subfolders += references.subtrees
    }
    return isWhole ? subfolders : nil
  }
}
