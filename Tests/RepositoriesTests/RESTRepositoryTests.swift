import SystemPackage
import Foundation
import Remotes
import Repositories
import ResticFormat
import Stores
import TestSupport
import Testing

/// A repository behind restic's REST protocol, with the distribution's restic at the other end.
struct RESTRepositoryTests {
  @Test func `stock restic checks what we wrote over REST and adds to it, and we read both`() async throws {
    let server = try RcloneRESTServer()
    let store = try RESTStore(server.address + "repo/")
    var random = SeededRandom(seed: 8)
    let files = [SampleFile("a", random.bytes(300_000), [1, 2, 3]), SampleFile("empty"), SampleFile("b", random.bytes(5000))]
    let copies = try await newRepository(in: store)
    try await writeSnapshot(of: files, to: copies)
    let restic = StockRestic(repository: store.address)

    try restic.run("check", "--read-data")
    try await withTemporaryFolder { folder in
      try restic.run("restore", "latest", "--target", folder.string)
      #expect(try Data(contentsOf: URL(filePath: folder.string + "/files/a")) == Data(files[0].bytes))
      try restic.run("backup", folder.string)
    }
    try restic.run("check", "--read-data")

    let reopened = try await Repository.open(store, password: testPassword, surroundings: .here())
    let list = try await reopened.snapshots()
    #expect(list.snapshots.count == 2 && list.damaged.isEmpty)
    let ours = try #require(list.snapshots.first)
    #expect(try await readFiles(ours.snapshot, from: reopened) == Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.bytes) }))
    let report = try await RepositoryCheck(reopened, reading: .all).run()
    #expect(report.findings.isEmpty, "\(report.findings)")
    #expect(try await store.names(of: .lock).isEmpty)
  }

  @Test func `an append-only server takes snapshots and lets go of locks, and stock restic finds nothing wrong`() async throws {
    let server = try RcloneRESTServer(isAppendOnly: true)
    let store = try RESTStore(server.address)
    let copies = try await newRepository(in: store)
    for number in 0..<2 {
      try await copies[0].withLock(.shared) {
        _ = try await writeSnapshot(of: [SampleFile("a", [UInt8(number)])], to: copies, time: sampleTime.advanced(by: .seconds(number)))
      }
    }

    #expect(try await store.names(of: .lock).isEmpty)
    #expect(try await copies[0].snapshots().snapshots.count == 2)
    try StockRestic(repository: store.address).run("check", "--read-data")
  }
}
