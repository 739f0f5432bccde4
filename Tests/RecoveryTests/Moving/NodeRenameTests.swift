import CouchFormat
import Deployments
import Files
import Foundation
import Primitives
import Recovery
import SystemPackage
import TestSupport
import Testing

/// A restored data folder under another node's name.
struct NodeRenameTests {
  private static let old = "couchdb@127.0.0.1"
  private static let new = "couchdb@couchdb-1.local"

  @Test(arguments: DataFolderCopy.corpora)
  func `a renamed folder is as sound and as complete as before, on the new node`(_ corpus: String) async throws {
    let copy = try DataFolderCopy(of: corpus)
    let before = try await copy.proof()
    let name = try #require(before.nodes.first)

    let result = try MovedDataFolder(copy.path).renameNode(from: name, to: Self.new)

    #expect(result.databases == before.databases.count && result.changedMembers && !copy.has("_nodes.couch"))
    let after = try await copy.proof()
    #expect(after.nodes == [Self.new] && after.databases == before.databases)
    #expect(
      after.findings.filter { $0.severity == .error }.map(\.message) == before.findings.filter { $0.severity == .error }.map(\.message))
    #expect(try copy.map().live.allSatisfy { Set($0.byNode.keys) == [Self.new] })
    #expect(try copy.files().keys.filter { $0.contains("akiba") } == [])
  }

  @Test
  func `permissions stay, and a second run changes nothing`() throws {
    let copy = try DataFolderCopy(of: "odd-3.5.2")
    let map = copy.path.appending("_dbs.couch")
    try map.setMetadata(owner: nil, permissions: 0o640)

    _ = try MovedDataFolder(copy.path).renameNode(from: Self.old, to: Self.new)
    let once = try copy.files()
    let again = try MovedDataFolder(copy.path).renameNode(from: Self.old, to: Self.new)

    #expect(try FileMetadata.of(map).permissions == 0o640)
    #expect(try again == MovedDataFolder.Renaming() && copy.files() == once)
  }

  @Test
  func `a run that was killed anywhere is completed by the next`() throws {
    let copy = try DataFolderCopy(of: "odd-3.3")
    let before = try copy.files()
    let members = try copy.bytes("_nodes.couch")
    _ = try MovedDataFolder(copy.path).renameNode(from: Self.old, to: Self.new)
    let after = try copy.files()
    let map = try copy.bytes("_dbs.couch")

    // Killed while the new map was being written, for each kind of beginning; an older, longer attempt lies there, too.
    for part in [[], Array(map.prefix(1)), Array(map.prefix(5000)), map, map + map] as [[UInt8]] {
      try copy.write(before["_dbs.couch"] ?? [], to: "_dbs.couch")
      try copy.write(members, to: "_nodes.couch")
      try copy.write(part, to: "._dbs.couch.akiba-part")
      #expect(try copy.map().live.allSatisfy { Set($0.byNode.keys) == [Self.old] })
      let result = try MovedDataFolder(copy.path).renameNode(from: Self.old, to: Self.new)
      #expect(result.databases > 0 && result.changedMembers)
      #expect(try copy.files() == after, "\(part.count) bytes")
    }
    // Killed between the map and the members.
    try copy.write(members, to: "_nodes.couch")
    let result = try MovedDataFolder(copy.path).renameNode(from: Self.old, to: Self.new)
    #expect(result.databases == 0 && result.changedMembers)
    #expect(try copy.files() == after)
  }

  @Test(.enabled(if: Corpora.large.contains("cluster-3.5")))
  func `in a cluster each folder takes all new names, and the members stay together`() async throws {
    let names = ["srv1", "srv2", "srv3"]
    let copies = try names.map { try DataFolderCopy(of: "cluster-3.5", data: "data/\($0)") }
    // Optimized code lets go of the folders, and so removes them, once nothing names them any more.
    defer { withExtendedLifetime(copies) {} }
    let nodes = Set(try copies[0].map().live.flatMap(\.byNode.keys)).sorted()
    #expect(nodes.count == 3)

    for copy in copies {
      for node in nodes {
        let result = try MovedDataFolder(copy.path).renameNode(from: node, to: "new-\(node)")
        #expect(result.databases > 0 && result.changedMembers)
      }
      let source = MemoryBytes(try copy.bytes("_nodes.couch"))
      #expect(try NodeNames.read(source, try #require(try HeaderSearch.newest(in: source))).sorted() == nodes.map { "new-\($0)" })
    }

    // The same edits give the same revisions: nothing for the nodes to quarrel about.
    #expect(Set(try copies.map { try $0.map().live.map(\.byNode) }).count == 1)
    let subject = try await ProofSubject(dataFolders: copies.map(\.path))
    let report = try await OfflineProof(of: subject, width: 1, progress: ProofProgress()).run()
    #expect(report.errors == 0 && report.nodes.sorted() == nodes.map { "new-\($0)" }, "\(report.findings.prefix(3))")
  }

  private static let refusals: [(String, String, String)] = [
    ("couchdb", new, "'couchdb' is not the name of a node"), (old, "bad name@h", "'bad name@h' is not the name of a node"),
    (old, old, "node '\(old)' has that name already"), ("couchdb@elsewhere", new, "is on node 'couchdb@elsewhere'"),
  ]

  @Test(arguments: refusals)
  func `names that cannot be right are refused before anything is written`(_ old: String, _ new: String, _ summary: String) throws {
    let copy = try DataFolderCopy(of: "odd-3.5.2")
    let before = try copy.files()

    let error = #expect(throws: RecoveryError.self) { try MovedDataFolder(copy.path).renameNode(from: old, to: new) }

    #expect(error?.kind == .nodeName && error?.summary.contains(summary) == true && error?.hints.isEmpty == false)
    #expect(try copy.files() == before)
    if old == "couchdb@elsewhere" { #expect(error?.hints == ["the shard map names '\(Self.old)': rename one of these"]) }
  }

  @Test
  func `a map without a valid header is an error, not an empty map`() throws {
    let copy = try DataFolderCopy(of: "odd-3.5.2")
    try copy.write([UInt8](repeating: 0, count: 9000), to: "_dbs.couch")

    let error = #expect(throws: RecoveryError.self) { try MovedDataFolder(copy.path).renameNode(from: Self.old, to: Self.new) }
    #expect(error?.kind == .damagedSnapshot)
    #expect(error?.summary == "'_dbs.couch' in '\(copy.path)' has no valid header in its 9000 bytes")
  }

  @Test
  func `damage in the map is reported with its file and place, and nothing is written`() throws {
    let copy = try DataFolderCopy(of: "odd-3.5.2")
    var bytes = try copy.bytes("_dbs.couch")
    let header = try #require(try HeaderSearch.newest(in: MemoryBytes(bytes)))
    let root = try #require(header.database?.byID?.pointer)
    bytes[root + 4] ^= 0xff
    try copy.write(bytes, to: "_dbs.couch")

    let error = #expect(throws: RecoveryError.self) { try MovedDataFolder(copy.path).renameNode(from: Self.old, to: Self.new) }
    #expect(error?.summary.hasPrefix("'_dbs.couch' in '\(copy.path)': ") == true && error?.summary.contains("at byte \(root)") == true)
    #expect(try copy.bytes("_dbs.couch") == bytes && copy.has("_nodes.couch"))
  }

  @Test
  func `a folder that is no data folder is refused`() throws {
    let folder = try TemporaryFolder()
    #expect(throws: DataFolderError.self) { try MovedDataFolder(FilePath(folder.path)) }
  }
}
