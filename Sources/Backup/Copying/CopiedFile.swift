import Deployments
import Files
import Primitives

/// A file as the snapshot will hold it.
struct CopiedFile: Sendable {
  let record: FileRecord
  let metadata: FileMetadata
  let content: [ContentID]
}
