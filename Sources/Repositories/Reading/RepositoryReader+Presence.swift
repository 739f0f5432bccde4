package import Primitives
package import ResticFormat

extension RepositoryReader {
  /// Folders looked at in one go.
  private static let foldersAtOnce = 64

  /// Whether everything that a tree needs is there: its folders and the content of its files.
  ///
  /// Reads the trees, not the files' bytes, and decodes no node.
  /// - Parameter isStored: tells of one blob.
  package func holdsAll(below tree: ContentID, isStored: @escaping @Sendable (BlobHandle) -> Bool) async throws -> Bool {
    var open = [tree]
    while !open.isEmpty {
      let next = open.suffix(Self.foldersAtOnce)
      open.removeLast(next.count)
      let found = try await AtOnce.map(Array(next), atMost: 2) { folder in try await self.subfolders(of: folder, isStored) }
      for folders in found {
        guard let folders else { return false }
        open += folders
      }
    }
    return true
  }

  /// - Returns: `nil` if the folder, or a file's content in it, is not all there.
  private func subfolders(of folder: ContentID, _ isStored: (BlobHandle) -> Bool) async throws -> [ContentID]? {
    let handle = BlobHandle(folder, .tree)
    guard isStored(handle) else { return nil }
    let json = try await loadBlob(handle)
    let references = try repository.damaged(handle) { () throws(FormatError) in try TreeReferences(json) }
    return references.content.allSatisfy { isStored(BlobHandle($0, .data)) } ? references.subtrees : nil
  }
}
