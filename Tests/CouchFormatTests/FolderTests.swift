import CouchFormat
import Testing

/// Paths and names, no file needed.
struct FolderTests {
  private static let low = HashRange(first: 0, last: 0x7fff_ffff)
  private static let signature = "55f1f2fd27f9f406e919779eb96b9e29"

  static let rows: [(String, DataFolderEntry)] = [
    ("_dbs.couch", .shardMap), ("_nodes.couch", .nodes), ("_users.couch", .nodeLocal(database: "_users")),
    ("old/app.couch", .nodeLocal(database: "old/app")),
    ("shards/00000000-7fffffff/medic.1718000000.couch", .shard(ShardPath(range: low, database: "medic", suffix: ".1718000000"))),
    (
      "shards/00000000-7fffffff/odd/deep/er_$()+-name.1795389182.couch",
      .shard(ShardPath(range: low, database: "odd/deep/er_$()+-name", suffix: ".1795389182"))
    ),
    (
      ".shards/00000000-7fffffff/a/b_design/c.1718000000_design/mrview/\(signature).view",
      .shardIndex(ShardPath(range: low, database: "a/b_design/c", suffix: ".1718000000"), signature: signature)
    ),
    ("._dbs_design/mrview/\(signature).view", .nodeLocalIndex(database: "_dbs", signature: signature)),
    (".shards/00000000-7fffffff/medic.1718000000_design/mrview/\(signature).compact.view", .compactionLeftover),
    ("shards/00000000-7fffffff/medic.1718000000.couch.compact.data", .compactionLeftover),
    ("shards/00000000-7fffffff/medic.1718000000.couch.compact.meta", .compactionLeftover),
    ("shards/00000000-7fffffff/medic.1718000000.couch.compact", .compactionLeftover), ("_dbs.couch.compact.data", .compactionLeftover),
    (".delete/0123456789abcdef0123456789abcdef", .awaitingDeletion),
    ("shards/00000000-7fffffff/medic.1718000000.20240102.030405.deleted.couch", .deletedDatabase),
    (".shards/00000000-7fffffff/medic.20240102.030405.deleted.1718000000_design/mrview/\(signature).view", .deletedDatabase),
    ("nouveau/index/x/_0.cfs", .searchIndex),
    ("couchdb@127.0.0.1/shards/00000000-15555554/medic.1718000000/9f86d081/segments_1", .searchIndex),
    ("couchdb@couchdb-1.cht.svc.cluster.local/", .searchIndex), ("couchdb@127.0.0.1", .unknown), ("@x/a", .unknown), ("x@/a", .unknown),
    ("search_indexes/x", .searchIndex), ("shards/00000000-7fffffff/medic.couch", .unknown),
    ("shards/xyz/medic.1718000000.couch", .unknown), ("couch.log", .unknown), (".couch", .unknown),
    ("shards/00000000-7fffffff/notes.txt", .unknown),
    ("shards/7fffffff-00000000/medic.1718000000.couch", .unknown),
    (".shards/00000000-7fffffff/medic.1718000000_design/mrview/short.view", .unknown),
  ]

  @Test(arguments: rows)
  func `a path says what its file is`(_ path: String, _ entry: DataFolderEntry) {
    #expect(DataFolderEntry(path: path) == entry)
    if case .shard(let shard) = entry { #expect(shard.path == path) }
    if case .shardIndex(let shard, let signature) = entry { #expect(shard.indexPath(signature) == path) }
  }

  @Test(arguments: Subjects.all)
  func `every path CouchDB made is understood`(_ corpus: Corpus) throws {
    for path in try corpus.files().keys { #expect(DataFolderEntry(path: path) != .unknown, "\(path)") }
  }

  @Test
  func `hash ranges cover everything only without a gap`() {
    let high = HashRange(first: 0x8000_0000, last: .max)
    #expect(HashRange.coverEverything([high, Self.low]) && HashRange.coverEverything([.whole, Self.low]))
    #expect(!HashRange.coverEverything([Self.low]) && !HashRange.coverEverything([high]) && !HashRange.coverEverything([]))
    #expect(!HashRange.coverEverything([HashRange(first: 0, last: 5), HashRange(first: 7, last: .max)]))
    #expect(HashRange("00000000-7FFFFFFF") == nil && HashRange("00000000-7ffffff") == nil && HashRange("00000000-7fffffff") == Self.low)
    #expect(Self.low.description == "00000000-7fffffff")
  }

  @Test
  func `only the part before the colon counts in partitioned databases, but not of ids with an underscore`() {
    #expect(DocumentHash.of("123456789") == 0xcbf4_3926)  // CRC-32's check value
    #expect(DocumentHash.of("123456789:x", partitioned: true) == 0xcbf4_3926)
    #expect(DocumentHash.of("123456789:x") != 0xcbf4_3926)
    #expect(DocumentHash.of("_design/a:b", partitioned: true) == DocumentHash.of("_design/a:b"))
  }

  @Test(arguments: Subjects.odd)
  func `the shard map names every database, living and gone`(_ corpus: Corpus) throws {
    let files = try corpus.files()
    let dbs = try #require(files["_dbs.couch"])
    let map = try ShardMap(dbs, try #require(try HeaderSearch.newest(in: dbs)))
    let nodes = try #require(files["_nodes.couch"])

    #expect(try NodeNames.read(nodes, try #require(try HeaderSearch.newest(in: nodes))) == ["couchdb@127.0.0.1"])
    #expect(map.entries.filter(\.isDeleted).map(\.database) == ["odd-gone"])
    #expect(map.live.count == 22 && map.live.filter(\.isPartitioned).map(\.database) == ["odd-part"])
    for entry in map.live {
      #expect(entry.isConsistent && HashRange.coverEverything(entry.ranges) && Array(entry.byNode.keys) == ["couchdb@127.0.0.1"])
      for range in entry.ranges { #expect(files[entry.shardPath(range).path] != nil) }
    }
  }

  @Test(arguments: Subjects.odd)
  func `one database is found in the shard map as the whole map has it`(_ corpus: Corpus) throws {
    let dbs = try #require(try corpus.files()["_dbs.couch"])
    let header = try #require(try HeaderSearch.newest(in: dbs))

    #expect(try ShardMap.nodes(in: dbs, header) == Set(ShardMap(dbs, header).live.flatMap(\.byNode.keys)))
    for entry in try ShardMap(dbs, header).live { #expect(try ShardMap.entry(of: entry.database, in: dbs, header) == entry) }
    for name in ["odd-gone", "nothing", "", "zzz", "_design/x"] { #expect(try ShardMap.entry(of: name, in: dbs, header) == nil) }
  }
}
