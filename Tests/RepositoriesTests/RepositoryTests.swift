import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage
import Testing

struct RepositoryTests {
  @Test func `nothing there, a wrong password and an old version are told apart`() async throws {
    let store = MemoryStore(address: "/mnt/usb")
    let none = await Self.failure(opening: store)
    #expect(none?.kind == .noRepository)
    #expect(none?.summary == "no repository in store '/mnt/usb'")

    _ = try await newRepository(in: store)
    let wrong = await Self.failure(opening: store, password: "secret guess")
    #expect(wrong?.kind == .wrongPassword)
    #expect(wrong?.summary == "no key opens repository '/mnt/usb' with this password (1 key tried)")
    #expect(wrong?.description.contains("secret guess") == false)

    let taken = await #expect(throws: RepositoryError.self) { _ = try await newRepository(in: MemoryStore(), store) }
    #expect(taken?.kind == .alreadyExists)
  }

  @Test func `a version 1 repository of stock restic is refused with the way to upgrade it`() async throws {
    try await withTemporaryFolder { folder in
      let restic = StockRestic(repository: folder.appending("repo").string)
      try restic.run("init", "--repository-version", "1")

      let error = await Self.failure(opening: FolderStore(folder.appending("repo")))

      #expect(error?.kind == .unsupportedVersion)
      #expect(error?.hints.contains { $0.contains("upgrade_repo_v2") } == true, "\(String(describing: error))")
    }
  }

  @Test func `whatever bit of config or key is flipped, opening says which`() async throws {
    let store = MemoryStore(address: "here")
    _ = try await newRepository(in: store)
    for (name, bytes) in store.contents {
      for index in bytes.indices {
        var damaged = bytes
        damaged[index] ^= 1 << (index % 8)
        store.overwrite(name, with: damaged)
        let error = await Self.failure(opening: store)
        #expect(error?.kind == .damaged, "\(name) byte \(index): \(String(describing: error))")
        #expect(error?.summary.contains("\(name) in store 'here'") == true)
      }
      for count in stride(from: 0, to: bytes.count, by: 5) {
        store.overwrite(name, with: Array(bytes[..<count]))
        #expect(await Self.failure(opening: store)?.kind == .damaged)
      }
      store.overwrite(name, with: bytes)
    }
    _ = try await Repository.open(store, password: testPassword, surroundings: .here())
  }

  @Test func `a creation cut short at any call can be repeated, and never leaves two identities`() async throws {
    var call = 0
    var failed = true
    while failed {
      call += 1
      let stores = [MemoryStore(address: "a"), MemoryStore(address: "b")]
      let faulty = FaultyStore(stores[1], failingCall: call)
      failed = (try? await newRepository(in: stores[0], faulty)) == nil
      if failed, stores[0].contents[.config] != nil {
        let first = try await Repository.open(stores[0], password: testPassword, surroundings: .here())
        _ = try await Repository.join(first, stores[1])
      } else if failed {
        _ = try await newRepository(in: stores[0], stores[1])
      }
      #expect(stores[0].contents[.config] == stores[1].contents[.config])
      let opened = try await Repository.open(stores[1], password: testPassword, surroundings: .here())
      #expect(opened.isCopy(of: try await Repository.open(stores[0], password: testPassword, surroundings: .here())))
    }
    #expect(call == 6, "two questions, the layout, the key, the config")
  }

  @Test func `a joined store is the same repository with the same keys`() async throws {
    let first = try await newRepository(in: MemoryStore(address: "a"))[0]
    _ = try await KeyRing(of: [first]).add(password: "second", parameters: quickScrypt)
    let store = MemoryStore(address: "b")

    let joined = try await Repository.join(first, store)

    #expect(joined.isCopy(of: first))
    #expect(store.contents.count == 3)
    #expect(try await Repository.open(store, password: "second", surroundings: .here()).isCopy(of: first))
    let again = await #expect(throws: RepositoryError.self) { _ = try await Repository.join(first, store) }
    #expect(again?.kind == .alreadyExists)
  }

  @Test func `keys are listed, added to all copies, tested and removed, but never the one in use or the last`() async throws {
    let stores = [MemoryStore(address: "a"), MemoryStore(address: "b")]
    let copies = try await newRepository(in: stores[0], stores[1])
    let ring = KeyRing(of: copies)

    let added = try await ring.add(password: "second", parameters: quickScrypt)

    #expect(stores[0].contents == stores[1].contents)
    let list = try await ring.list()
    #expect(list.count == 2)
    #expect(list.first { $0.isInUse }?.id == copies[0].keyID)
    #expect(list.first { $0.id == added }?.username == "tester")
    #expect(try await ring.test(password: "second"))
    #expect(try await !ring.test(password: "third"))
    let inUse = await #expect(throws: RepositoryError.self) { try await ring.remove(copies[0].keyID) }
    #expect(inUse?.kind == .keyInUse)
    let second = try await Repository.open(stores[0], password: "second", surroundings: .here())
    try await KeyRing(of: [second]).remove(copies[0].keyID)
    let last = await #expect(throws: RepositoryError.self) { try await ring.remove(added) }
    #expect(last?.kind == .lastKey)
    let unknown = await #expect(throws: RepositoryError.self) { try await ring.remove(ContentID(hashing: [9])) }
    #expect(unknown?.kind == .notFound)
  }

  @Test func `snapshots are found by latest, beginning of id and time`() async throws {
    let repository = try await newRepository(in: MemoryStore())[0]
    let empty = await #expect(throws: RepositoryError.self) { _ = try await repository.snapshot(matching: "latest") }
    #expect(empty?.kind == .notFound)
    let file = SampleFile("a", [1])
    let ids = [
      try await writeSnapshot(of: [file], to: [repository], time: #require(Timestamp("2026-01-01T10:00:00+03:00"))).id,
      try await writeSnapshot(of: [file], to: [repository], time: #require(Timestamp("2026-01-02T10:00:30+03:00"))).id,
      try await writeSnapshot(of: [file], to: [repository], time: #require(Timestamp("2026-01-02T22:00:00+03:00"))).id,
    ]

    for (text, number) in [
      ("latest", 2), (String(ids[0].hex.prefix(12)), 0), (ids[1].hex, 1), ("2026-01-01", 0), ("2026-01-02", 2), ("2026-01-02 10:00", 1),
      ("2026-01-02T07:00:29Z", 0), ("2026-01-02T07:00:30Z", 1), ("2030-01-01T00:00:00Z", 2),
    ] {
      #expect(try await repository.snapshot(matching: text).id == ids[number], "\(text)")
    }
    for text in ["2025-12-31T00:00:00Z", "2026-01-03", "zz", "", "--"] {
      let error = await #expect(throws: RepositoryError.self) { _ = try await repository.snapshot(matching: text) }
      #expect(error?.kind == .notFound || error?.kind == .ambiguous, "\(text)")
    }
  }

  private static func failure(opening store: any BlobStore, password: String = testPassword) async -> RepositoryError? {
    await #expect(throws: RepositoryError.self) { _ = try await Repository.open(store, password: password, surroundings: .here()) }
  }
}
