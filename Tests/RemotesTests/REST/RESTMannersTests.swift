import Primitives
import Remotes
import StoreTesting
import Stores
import TestSupport
import Testing

/// What other servers do than rclone, and what no server should.
struct RESTMannersTests {
  private static let pack = ObjectName.pack(ContentID(hashing: [1, 2, 3]))

  @Test(arguments: ["strict", "first"])
  func `servers that never replace, or know only the first version, keep the contract`(_ manners: String) async throws {
    let server = try OddRESTServer()
    try await expectStoreContract { try RESTStore(server.address(manners)) }
  }

  @Test func `lines that are cut while something is sent are survived`() async throws {
    let server = try OddRESTServer()
    let port = try #require(server.address("strict").split(separator: "/").first { $0.contains(".1:") }?.split(separator: ":").last)
    // Half a minute, which an upload that broke off may still be under way, is two seconds here.
    let start = ContinuousClock.now
    let clock: @Sendable () -> ContinuousClock.Instant = { start + start.duration(to: .now) * 15 }
    try await expectStoreSurvivesCutLines(to: try #require(UInt16(port)), showsParts: true, cuts: 6) { through in
      try RESTStore(server.address("strict").replacing(":\(port)/", with: ":\(through)/"), now: clock)
    }
  }

  @Test func `an upload that was cut and shows up beside the next one is no refusal`() async throws {
    let server = try OddRESTServer()
    let port = try #require(UInt16(server.address("late").split(separator: "1:")[1].prefix { $0.isNumber }))
    let proxy = try CuttingProxy(to: port) { $0 == 0 ? .init(closeAfterSent: 300_000) : .good }
    let store = try RESTStore(server.address("late").replacing(":\(port)/", with: ":\(proxy.port)/"))
    let bytes = [UInt8](repeating: 7, count: 400_000)
    let cut = await #expect(throws: StoreError.self) { try await store.put(bytes, as: Self.pack) }
    #expect(cut?.kind == .unreachable)

    let between = await #expect(throws: StoreError.self) { try await store.put(bytes, as: Self.pack) }

    // Tried again, and not a user who may not write.
    #expect(between?.kind == .unreachable, "\(String(describing: between))")
    // libcurl may have sent it anew by itself: then the first call has seen it already.
    #expect([cut, between].contains { $0?.summary.hasSuffix("an upload of it that broke off came in between") == true })
  }

  @Test func `a repository that is not there is no empty one`() async throws {
    let server = try OddRESTServer()
    let store = try RESTStore(server.address("strict"))

    let error = await #expect(throws: StoreError.self) { try await store.names(of: .pack) }

    #expect(error?.kind == .noSuchPlace)
    #expect(error?.summary.hasSuffix("no repository is there") == true)
    await expectNothing(of: store)
  }

  private func expectNothing(of store: RESTStore) async {
    let error = await #expect(throws: StoreError.self) { try await store.bytes(of: .config) }
    #expect(error?.kind == .notFound)
  }

  @Test func `foreign and impossible items of a listing are left out or measured`() async throws {
    let server = try OddRESTServer()
    let store = try RESTStore(server.address("strange"))

    let listed = try await store.names(of: .snapshot)

    #expect(Set(listed.map { "\($0.name.fileName.prefix(1))\($0.byteCount)" }) == ["a3", "b4", "d5"])
    #expect(listed.count == 3)
  }

  @Test func `a size that is not told is an error`() async throws {
    let server = try OddRESTServer()
    let store = try RESTStore(server.address("sizeless"))
    try await store.put([1, 2, 3], as: Self.pack)

    let error = await #expect(throws: StoreError.self) { try await store.size(of: Self.pack) }

    #expect(error?.summary.hasSuffix("the server does not say its size") == true)
  }

  @Test func `a page for people is no listing`() async throws {
    let server = try OddRESTServer()
    let store = try RESTStore(server.address("page"))

    let error = await #expect(throws: StoreError.self) { try await store.names(of: .index) }

    #expect(error?.kind == .other)
    #expect(error?.summary.hasSuffix("cannot list folder 'index' in store '\(server.address("page"))': the answer is no listing") == true)
  }

  @Test func `each status is a kind to decide on`() async throws {
    let server = try OddRESTServer()
    let kinds: [(Int, StoreError.Kind)] = [
      (301, .noSuchPlace), (400, .other), (401, .denied), (403, .denied), (404, .noSuchPlace), (405, .noSuchPlace), (408, .unreachable),
      (411, .other), (413, .full), (429, .unreachable), (500, .unreachable), (501, .noSuchPlace), (502, .unreachable), (503, .unreachable),
      (504, .unreachable), (507, .full), (599, .unreachable),
    ]
    for (status, kind) in kinds {
      let store = try RESTStore(server.address("\(status)"))
      let error = await #expect(throws: StoreError.self) { try await store.createLayout() }
      #expect(error?.kind == kind, "\(status)")
      #expect(error?.summary.contains("\(status)") == true)
    }
  }

  // MARK: Listings

  private static let listing = #"[{"name":"aa","size":12},"bb",{"size":3,"name":"c\u0063"},{"name":"dd","size":-1},{"name":"ee"},5,null]"#

  @Test func `a listing is read in both versions`() {
    let entries = RESTListing.entries(Array(Self.listing.utf8))

    #expect(entries?.map(\.name) == ["aa", "bb", "cc", "dd", "ee"])
    #expect(entries?.map(\.byteCount) == [12, nil, 3, nil, nil])
    #expect(RESTListing.entries(Array("[]".utf8)) == [])
    for text in ["", "{}", "null", "[", "\"a\"", "[\"a\"] more"] { #expect(RESTListing.entries(Array(text.utf8)) == nil, "\(text)") }
  }

  @Test func `no truncation, flip or nesting makes it trap`() {
    let bytes = Array(Self.listing.utf8)
    for length in bytes.indices { #expect(RESTListing.entries(Array(bytes[..<length])) == nil) }
    for index in bytes.indices {
      for bit in 0..<8 {
        var flipped = bytes
        flipped[index] ^= 1 << bit
        let entries = RESTListing.entries(flipped) ?? []
        #expect(entries.allSatisfy { ($0.byteCount ?? 0) >= 0 })
      }
    }
    for depth in [100, 10_000] { _ = RESTListing.entries([UInt8](repeating: UInt8(ascii: "["), count: depth)) }
  }

  @Test func `random bytes are no listing`() {
    var random = SeededRandom(seed: 4)
    let alphabet = Array("[]{}\",:0123456789.eE-+ntrufalsm\\ \u{0}\u{ff}".utf8)
    for _ in 0..<20_000 {
      let count = Int(random.next() % 40)
      let bytes = (0..<count).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
      #expect((RESTListing.entries(bytes) ?? []).allSatisfy { ($0.byteCount ?? 0) >= 0 })
    }
  }
}
