import CouchFormat
import Deployments
import Primitives

/// What proving one file gave, as far as others are compared with it.
struct ProvenFile: Sendable {
  let path: String
  let entry: DataFolderEntry
  var findings: [Finding] = []
  var findingCount = 0
  var counts = FileProof.Counts()
  /// `nil` if no header could be read.
  var seen: Seen?
  var bytes = 0
  /// It was listed and is gone now.
  var isGone = false

  struct Seen: Sendable {
    let updateSeq: Int
    let purgeSeq: Int
    let documents: Int
    let deleted: Int
  }
}
