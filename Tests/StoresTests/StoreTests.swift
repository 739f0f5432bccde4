import Primitives
import StoreTesting
import Stores
import SystemPackage
import Testing

struct StoreTests {
  @Test func `a store in memory keeps the contract`() async throws { try await expectStoreContract { MemoryStore() } }

  @Test func `a folder keeps the contract`() async throws {
    try await withTemporaryFolder { folder in
      try await expectStoreContract { FolderStore(folder.appending("deep/er/repo")) }
    }
  }

  @Test func `a recording store keeps the contract and notes the calls`() async throws {
    let store = RecordingStore(MemoryStore())
    try await expectStoreContract { store }

    #expect(store.calls.first == .createLayout)
    #expect(store.calls.contains(.put(.config, byteCount: 3)))
    #expect(!store.calls.contains(.put(.config, byteCount: 1)), "calls that failed are not noted")
  }

  @Test func `a faulty store that never fails keeps the contract`() async throws {
    try await expectStoreContract { FaultyStore(MemoryStore(), failingCall: 0) }
  }

  @Test(arguments: [false, true])
  func `a faulty store fails the call it was told to, before or after doing it`(_ afterwards: Bool) async throws {
    let memory = MemoryStore()
    let store = FaultyStore(memory, failingCall: 2, error: StoreError(.full, "full on purpose"), afterwards: afterwards)
    let names = (0..<3).map { ObjectName.pack(ContentID(hashing: [UInt8($0)])) }

    try await store.put([0], as: names[0])
    let error = await #expect(throws: StoreError.self) { try await store.put([1], as: names[1]) }
    try await store.put([2], as: names[2])

    #expect(error?.kind == .full)
    #expect(memory.contents.count == (afterwards ? 3 : 2))
    #expect(store.calls == 3)
  }

  @Test func `objects lie where restic looks for them`() {
    let id = ContentID(hashing: [])

    #expect(ObjectName.config.path == "config")
    #expect(ObjectName.pack(id).path == "data/e3/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(ObjectName.key(id).folder == "keys")
    #expect(ObjectName.index(id).folder == "index")
    #expect(ObjectName.snapshot(id).folder == "snapshots")
    #expect(ObjectName.lock(id).folder == "locks")
    #expect(ObjectName.layout.count == 261)
    #expect(ObjectName(.pack, fileName: id.hex) == .pack(id))
  }

  @Test(arguments: ["", "config", "e3b0", "README", String(repeating: "G", count: 64), String(repeating: "A", count: 64)])
  func `a foreign file name is no object`(_ name: String) { #expect(ObjectName(.pack, fileName: name) == nil) }
}
