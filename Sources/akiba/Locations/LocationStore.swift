import Stores
import SystemPackage

extension Configuration.Location {
  /// Where its objects lie. Nothing is connected yet.
  ///
  /// - Parameter note: told when the place does not answer and is tried again.
  func store(note: @escaping @Sendable (String) -> Void) throws -> any BlobStore {
    switch place {
    case .folder(let folder): FolderStore(folder)
    case .remote: throw LocationError(summary: "location '\(name)': not there yet", hints: [])
    }
  }
}
