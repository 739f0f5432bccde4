import Primitives
import Repositories
import ResticFormat

/// Index files and trees, as bytes.
struct IndexParts {
  private static let filesInFolder = 1000

  private let packs = SyntheticIndex.packs(file: 0)

  var measurements: [Measurement] {
    let blobs = packs.reduce(0) { $0 + $1.blobs.count }
    return [
      Measurement(name: "index file of \(blobs) blobs, encoding", unit: .operations("blobs")) {
        Speed.perSecond(blobs) { _ = IndexFile.encode(packs) }
      },
      Measurement(name: "index file of \(blobs) blobs, decoding", unit: .operations("blobs")) {
        let json = IndexFile.encode(packs)
        return try Speed.perSecond(blobs) { _ = try IndexFile.decode(json) }
      },
      Measurement(name: "tree of \(Self.filesInFolder) files, encoding", unit: .operations("nodes")) {
        let tree = try Self.tree()
        return Speed.perSecond(tree.nodes.count) { _ = tree.encode() }
      },
      Measurement(name: "tree of \(Self.filesInFolder) files, decoding", unit: .operations("nodes")) {
        let json = try Self.tree().encode()
        return try Speed.perSecond(Self.filesInFolder) { _ = try Tree.decode(json) }
      },
    ]
  }

  private static func tree() throws -> Tree {
    let ids = SyntheticIndex.packs(file: 1).flatMap(\.blobs).map(\.handle.id)
    return try Tree(
      (0..<filesInFolder).map { number in
        TreeNode.file(
          "medic.\(number).couch", content: Array(ids[number..<number + 4]), size: 4 << 20, modified: Timestamp(seconds: 1_718_000_000))
      })
  }
}
