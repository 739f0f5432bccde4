import CouchFormat
import Files
import Foundation
import Primitives
import Recovery
import SystemPackage
import TestSupport
import Testing

/// Shards that went back in time get a new uuid.
struct IdentityRenewalTests {
  private static let seed = "2026-11-23T12:00:00Z 5f2c"

  private func shards(_ copy: DataFolderCopy) throws -> [String] {
    try copy.files().keys.filter { if case .shard = DataFolderEntry(path: $0) { true } else { false } }.sorted()
  }

  private func header(_ copy: DataFolderCopy, _ name: String) throws -> FoundHeader {
    try #require(try HeaderSearch.newest(in: MemoryBytes(try copy.bytes(name))))
  }

  @Test(arguments: DataFolderCopy.corpora)
  func `all shards of a folder get new uuids, and are as sound as before`(_ corpus: String) async throws {
    let copy = try DataFolderCopy(of: corpus)
    let before = try copy.files()
    let report = try await copy.proof()
    let shards = try shards(copy)

    let renewal = try await MovedDataFolder(copy.path).renewIdentities(seed: Self.seed)

    #expect(renewal == .init(shards: shards.count, alreadyRenewed: 0) && !shards.isEmpty)
    let after = try copy.files()
    for (path, bytes) in after {
      let old = try #require(before[path])
      #expect(bytes.starts(with: old), "\(path)")
      #expect((bytes == old) == !shards.contains(path), "\(path)")
    }
    let again = try await copy.proof()
    #expect(again.databases == report.databases && again.errors == report.errors && again.counts.bodies == report.counts.bodies)
  }

  @Test
  func `a second run of the same restore changes nothing, the next restore renews again`() async throws {
    let copy = try DataFolderCopy(of: "odd-3.5.2")
    let count = try shards(copy).count

    _ = try await MovedDataFolder(copy.path).renewIdentities(seed: Self.seed)
    let once = try copy.files()
    #expect(try await MovedDataFolder(copy.path).renewIdentities(seed: Self.seed) == .init(shards: count, alreadyRenewed: count))
    #expect(try copy.files() == once)

    #expect(try await MovedDataFolder(copy.path).renewIdentities(seed: "another") == .init(shards: count, alreadyRenewed: 0))
    #expect(try copy.files() != once)
  }

  @Test(arguments: ["odd-3.3", "odd-3.5.2"])
  func `a run that was killed anywhere is completed by the next`(_ corpus: String) async throws {
    let copy = try DataFolderCopy(of: corpus)
    let shards = try shards(copy)
    let before = try copy.files()
    _ = try await MovedDataFolder(copy.path).renewIdentities(seed: Self.seed)
    let after = try copy.files()

    // One shard torn at each of many places, one not begun, the others done; once with the size of the whole and zeros for the rest.
    let name = try #require(shards.first { (before[$0]?.count ?? 0) % 4096 > 3900 } ?? shards.first)
    let other = try #require(shards.first { $0 != name })
    let old = try #require(before[name])
    let whole = try #require(after[name])
    var cuts = Array(stride(from: old.count, to: whole.count, by: 389))
    cuts += Array(stride(from: max(old.count, whole.count - 300), to: whole.count, by: 23)) + [whole.count - 1]
    for cut in cuts {
      for isZeroed in [false, true] {
        let rest = [UInt8](repeating: 0, count: isZeroed ? whole.count - cut : 0)
        if whole[..<cut] + rest == whole[...] { continue }  // a last byte can be zero
        try copy.write(Array(whole[..<cut]) + rest, to: name)
        try copy.write(before[other] ?? [], to: other)
        let renewal = try await MovedDataFolder(copy.path).renewIdentities(seed: Self.seed)
        #expect(renewal == .init(shards: shards.count, alreadyRenewed: shards.count - 2), "cut at \(cut) of \(old.count), \(whole.count)")
        #expect(try copy.bytes(name) == whole, "cut at \(cut)")
      }
    }
    #expect(try copy.files() == after)
  }

  @Test
  func `bytes behind the header that no run of this restore wrote are not written over`() async throws {
    let copy = try DataFolderCopy(of: "odd-3.5.2")
    let name = try #require(try shards(copy).first)
    let bytes = try copy.bytes(name) + [1, 2, 3]
    try copy.write(bytes, to: name)

    let error = await #expect(throws: RecoveryError.self) { try await MovedDataFolder(copy.path).renewIdentities(seed: Self.seed) }
    #expect(error?.kind == .damagedSnapshot && error?.hints.isEmpty == false)
    #expect(error?.summary == "'\(name)' in '\(copy.path)' has 3 bytes behind its newest header that are not of this restore")
    #expect(try copy.bytes(name) == bytes)
  }

  @Test
  func `a shard that CouchDB would take for a new database is an error`() async throws {
    let copy = try DataFolderCopy(of: "odd-3.5.2")
    let name = try #require(try shards(copy).last)
    try copy.write([], to: name)

    let error = await #expect(throws: RecoveryError.self) { try await MovedDataFolder(copy.path).renewIdentities(seed: Self.seed) }
    #expect(error?.summary == "'\(name)' in '\(copy.path)' has no valid header in its 0 bytes")
  }

  @Test
  func `a renewed folder can be renamed, and a renamed one renewed, to the same end`() async throws {
    let one = try DataFolderCopy(of: "odd-3.5.2")
    let other = try DataFolderCopy(of: "odd-3.5.2")

    _ = try await MovedDataFolder(one.path).renewIdentities(seed: Self.seed)
    _ = try MovedDataFolder(one.path).renameNode(from: "couchdb@127.0.0.1", to: "couchdb@b")
    _ = try MovedDataFolder(other.path).renameNode(from: "couchdb@127.0.0.1", to: "couchdb@b")
    _ = try await MovedDataFolder(other.path).renewIdentities(seed: Self.seed)

    #expect(try one.files() == other.files())
  }
}
