import CouchFormat
import Crypto
import Primitives
import Testing

/// Headers of versions the corpora do not have, made by hand, with MD5 as those versions write it.
struct HeaderShapeTests {
  private func found(_ term: [UInt8]) throws -> FoundHeader? {
    var file = FileBuilder()
    file.append([0, 0, 0, 1, 7])
    file.header([131] + term, checksum: Array(Insecure.MD5.hash(data: [131] + term)))
    return try HeaderSearch.newest(in: MemoryBytes(file.bytes))
  }

  private let root = T.tuple(T.int(1), T.tuple(T.int(5), T.int(2), T.tuple(T.atom("size_info"), T.int(9), T.int(8))), T.int(70))

  private func fields(_ version: Int, _ purges: [[UInt8]], _ rest: [[UInt8]]) -> [UInt8] {
    let all = [T.atom("db_header"), T.int(version), T.int(300), T.int(0), root, T.none, T.none] + purges + [T.int(1)] + rest
    return [104, UInt8(all.count)] + all.joined()
  }

  private let since2: [[UInt8]] = [
    T.int(1000), T.binary("d30f4bf9d7055e7bfb9539e5f36a89ce"), T.list(T.tuple(T.atom("couchdb@127.0.0.1"), T.int(4))), T.int(12),
  ]

  @Test
  func `a 15-tuple of CouchDB 2.3 has purge trees and a limit, but no properties`() throws {
    let header = try #require(try found(fields(7, [T.tuple(T.int(2), T.int(3), T.int(40)), T.none], since2 + [T.int(77)])))

    let database = try #require(header.database)
    #expect(header.checksum == .md5 && header.offset == 4096)
    #expect(database.tupleSize == 15 && database.diskVersion == 7 && database.updateSeq == 300)
    #expect(database.docCount == 5 && database.deletedCount == 2 && database.purges?.size == 40)
    #expect(database.purgeInfosLimit == 77 && database.propsPointer == nil && database.compactedSeq == 12)
    #expect(database.epochs.map(\.node) == ["couchdb@127.0.0.1"] && database.epochs.map(\.updateSeq) == [4])
  }

  @Test
  func `before disk version 7 the purge slots are a number and a pointer`() throws {
    let database = try #require(try found(fields(6, [T.int(31), T.int(4000)], since2))?.database)

    #expect(database.tupleSize == 14 && database.legacyPurgeSeq == 31 && database.legacyPurgedPointer == 4000)
    #expect(database.purges == nil && database.purgesBySequence == nil && database.purgeInfosLimit == 1000)
  }

  @Test
  func `an 11-tuple gets CouchDB's defaults`() throws {
    let database = try #require(try found(fields(5, [T.int(0), T.none], [T.int(20)]))?.database)

    #expect(database.tupleSize == 11 && database.revsLimit == 20 && database.uuid == nil && database.epochs.isEmpty)
  }

  @Test(arguments: [(3, 0), (9, 0), (8, 1)])
  func `a right checksum over an unknown record is an error, not an absent header`(_ version: Int, _ more: Int) throws {
    let rest = since2 + [T.int(77), T.atom("undefined")] + [[UInt8]](repeating: T.int(0), count: more)

    let error = #expect(throws: CouchFormatError.self) { try found(fields(version, [T.none, T.none], rest)) }
    #expect(error?.kind == .headerUnknown && error?.offset == 4096)
    #expect(error?.hints.isEmpty == false)
  }

  @Test
  func `a size-less root of before 1.2 is read`() throws {
    let old = T.tuple(T.int(1), T.tuple(T.int(5), T.int(2)))
    let all = [T.atom("db_header"), T.int(5), T.int(3), T.int(0), old, T.none, T.none, T.int(0), T.none, T.none, T.int(9)]
    let database = try #require(try found([104, 11] + all.joined())?.database)

    #expect(database.byID?.size == nil && database.byID?.pointer == 1 && database.docCount == 5)
  }

  @Test
  func `view headers of 2, 3.0 and since 3.3 say the same`() throws {
    let signature = T.binary([UInt8](repeating: 0xab, count: 16))
    let view = T.tuple(T.int(9), T.tuple(T.int(6), T.list(), T.int(1)), T.int(50))
    let map: [UInt8] = [116, 0, 0, 0, 1] + T.atom("ucol_vs") + T.list([107, 0, 4, 153, 120, 0, 0])
    let long = T.list(T.tuple(view, T.none, T.none, T.int(40), T.int(2)), T.none)
    let short = T.list(T.tuple(view, T.int(40), T.int(2)), T.none)
    let shapes = [
      T.tuple(signature, T.tuple(T.atom("mrheader"), T.int(41), T.int(3), T.none, T.none, long)),
      T.tuple(signature, T.tuple(T.atom("mrheader"), T.int(41), T.int(3), T.none, short)),
      T.tuple(signature, T.tuple(T.atom("mrheader"), T.int(41), T.int(3), T.none, map, long)),
    ]
    for shape in shapes {
      let header = try #require(try found(shape)?.view)
      #expect(header.signature == String(repeating: "ab", count: 16) && header.isBuilt)
      #expect(header.updateSeq == 41 && header.purgeSeq == 3 && header.views.map(\.rows) == [6, 0])
      #expect(header.views[0].updateSeq == 40 && header.views[0].purgeSeq == 2)
    }
    #expect(try found(T.tuple(signature, T.none))?.view?.isBuilt == false)
  }

  @Test
  func `a compaction's checkpoint is told from a database`() throws {
    let header = try #require(try found(T.tuple(T.atom("comp_header"), T.int(1), T.none)))

    #expect(header.database == nil && header.view == nil)
    #expect(throws: CouchFormatError.self) { try DatabaseFile(MemoryBytes([]), header) }
  }

  @Test(arguments: [4000, 4090, 4096, 5000, 13_000])
  func `a header of many blocks is read whole, and the one before it when it is torn`(_ size: Int) throws {
    let uuid = T.binary(String(repeating: "u", count: size))
    let term = [131] + fields(8, [T.none, T.none], [T.int(1000), uuid, T.list(), T.int(0), T.int(1), T.atom("undefined")])
    var file = FileBuilder()
    let first = [131] + fields(8, [T.none, T.none], since2)
    file.header(first, checksum: Array(Insecure.MD5.hash(data: first)))
    file.header(term, checksum: Array(Insecure.MD5.hash(data: term)))
    file.append([1, 2, 3])

    let header = try #require(try HeaderSearch.newest(in: MemoryBytes(file.bytes)))
    #expect(header.database?.uuid?.count == size && header.offset == 4096 && header.end == file.bytes.count - 3)
    for cut in [header.end - 1, header.offset + 4096, header.offset + 20, header.offset + 1] where cut < header.end {
      #expect(try HeaderSearch.newest(in: MemoryBytes(Array(file.bytes[..<cut])))?.offset == 0)
    }
  }

  @Test
  func `bytes marked as a header inside garbage are passed by`() throws {
    let term = [131] + fields(8, [T.none, T.none], since2)
    var file = FileBuilder()
    file.header(term, checksum: Array(Insecure.MD5.hash(data: term)))
    let end = file.bytes.count
    let garbage = file.bytes + [UInt8](repeating: 1, count: 3_000_000)

    #expect(try HeaderSearch.newest(in: MemoryBytes(garbage))?.end == end)
    #expect(try HeaderSearch.newest(in: MemoryBytes([UInt8](repeating: 1, count: 10_000))) == nil)
    #expect(try HeaderSearch.newest(in: MemoryBytes([])) == nil)
  }
}
