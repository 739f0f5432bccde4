import Deployments
import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What the listing makes of folders that other versions and Kubernetes leave.
struct DataFolderListingTests {
  private func listing(_ files: [String]) async throws -> (listing: DataFolderListing, folder: TemporaryFolder) {
    let folder = try TemporaryFolder()
    for file in files {
      let url = folder.url.appending(path: file)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("x".utf8).write(to: url)
    }
    return (try await DataFolderListing(scanning: FilePath(folder.path)), folder)
  }

  private static let signature = "55f1f2fd27f9f406e919779eb96b9e29"
  private static let shard = "shards/00000000-1fffffff/medic.1600000000"

  @Test(arguments: ["couchdb@127.0.0.1", "couchdb@couchdb-1.cht.svc.cluster.local"])
  func `Lucene trees beside the shards are a search index, not foreign`(_ node: String) async throws {
    let lucene = "\(node)/\(Self.shard)/\(String(repeating: "ab", count: 32))"

    let (listing, _) = try await listing([
      "_dbs.couch", "\(Self.shard).couch", "\(lucene)/segments_2", "\(lucene)/_0.cfs", "\(lucene)/write.lock",
    ])

    #expect(listing.foreign == [] && listing.leftOut.map(\.path) == [node] && listing.leftOut[0].reason.contains("search index"))
    #expect(listing.files.map(\.path).sorted() == ["_dbs.couch", "\(Self.shard).couch"] && !listing.folders.map(\.path).contains(node))
  }

  @Test func `a data folder of CouchDB 2.3, and what 1.x left in it, has nothing foreign`() async throws {
    let kept = [
      "_dbs.couch", "_nodes.couch", "_users.couch", "_replicator.couch", "_global_changes.couch", "medic.couch", "\(Self.shard).couch",
      "shards/e0000000-ffffffff/_users.1600000000.couch", ".\(Self.shard)_design/mrview/\(Self.signature).view",
      "._dbs_design/mrview/\(Self.signature).view", "._users_design/mrview/\(Self.signature).view",
      ".medic_design/mrview/\(Self.signature).view", "shards/00000000-1fffffff/medic-user-ann-meta.1600000000.couch",
    ]
    let dropped = [
      ".delete/0123", "\(Self.shard).couch.compact.data", "\(Self.shard).couch.compact.meta", "\(Self.shard).couch.compact",
      ".\(Self.shard)_design/mrview/\(Self.signature).compact.view", "search_indexes/shards/00000000-1fffffff/medic.1600000000/x/_0.cfs",
    ]

    let (listing, _) = try await listing(kept + dropped)

    #expect(listing.foreign == [] && listing.files.map(\.path).sorted() == kept.sorted() && listing.leftOut.count == dropped.count)
  }

  @Test func `a folder that several ways lead to is listed once, where it is, and a way in a circle ends`() async throws {
    let (first, folder) = try await listing([
      "_dbs.couch", "\(Self.shard).couch", "shards/80000000-ffffffff/deeper/clinic.1600000000.couch",
    ])
    let before = first.files.map(\.path).sorted()
    let elsewhere = try TemporaryFolder()
    try FileManager.default.createDirectory(at: elsewhere.url.appending(path: "inner"), withIntermediateDirectories: true)
    try Data("x".utf8).write(to: elsewhere.url.appending(path: "inner/elsewhere.1600000000.couch"))
    for (name, target) in [
      ("shards/circle", "."), ("shards/80000000-ffffffff/again", "../00000000-1fffffff"), ("top", "shards/80000000-ffffffff/deeper"),
      ("shards/c0000000-ffffffff", elsewhere.path), ("shards/longer-way", elsewhere.path),
    ] {
      try FileManager.default.createSymbolicLink(atPath: folder.url.appending(path: name).path, withDestinationPath: target)
    }

    let listing = try await DataFolderListing(scanning: FilePath(folder.path), withState: true)

    let linked = "shards/longer-way/inner/elsewhere.1600000000.couch"
    #expect((listing.files.map(\.path) + listing.foreign).filter { $0 != linked }.sorted() == (before + first.foreign).sorted())
    #expect(Set(listing.folders.map { "\($0.metadata.inode)" }).count == listing.folders.count)
    #expect((listing.files.map(\.path) + listing.foreign).contains(linked))
    #expect(!listing.folders.map(\.path).contains("top") && listing.folders.map(\.path).contains("shards/80000000-ffffffff/deeper"))
    for _ in 0..<20 {
      let again = try await DataFolderListing(scanning: FilePath(folder.path), withState: true)
      #expect(again.state?.digest == listing.state?.digest)
    }
  }
}
