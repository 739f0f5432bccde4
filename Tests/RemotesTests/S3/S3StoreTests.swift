import Foundation
import Primitives
import Remotes
import StoreTesting
import Stores
import TestSupport
import Testing

/// What a store of objects does, against two real servers.
@Suite(.serialized) struct S3StoreTests {
  @Test(arguments: S3Server.allCases, S3Place.Addressing.allCases)
  func `it keeps what every store promises`(_ server: S3Server, _ addressing: S3Place.Addressing) async throws {
    try await expectStoreContract { try server.store(addressing: addressing) }
  }

  @Test func `it keeps what every store promises in pages and parts`() async throws {
    // Every pack, index, snapshot and key of the contract is larger than that. Only the last part may be small.
    try await expectStoreContract { try S3Server.seaweed.store(sizes: .init(largestWhole: 100, part: 5 << 20, page: 3)) }
  }

  @Test func `a repository may lie at the top of a bucket and below any name`() async throws {
    try SharedS3.seaweed().makeBucket("top")
    let name = pack([1, 2, 3])
    for store in [
      try S3Server.seaweed.store(prefix: "", bucket: "top"), try S3Server.seaweed.store(prefix: "a%20+&=%25%C3%A9/%3Cx%3E'%22~*"),
    ] {
      try await store.put([1, 2, 3], as: name)

      #expect(try await store.names(of: .pack) == [StoredObject(name: name, byteCount: 3)], "\(store.address)")
      #expect(try await store.bytes(of: name, in: 1..<3) == [2, 3])
      try await store.remove(name)
      #expect(try await store.names(of: .pack).isEmpty)
    }
  }

  @Test(arguments: S3Server.allCases)
  func `a listing goes through all its pages and leaves out what is foreign`(_ server: S3Server) async throws {
    let prefix = UUID().uuidString
    let store = try server.store(prefix: prefix, sizes: .init(page: 7))
    let objects = (0..<30).map { [UInt8]("\($0)".utf8) }
    for bytes in objects { try await store.put(bytes, as: pack(bytes)) }
    let foreign = String(repeating: "ab", count: 32)
    for path in ["data/README", "data/00/\(foreign)", "data/\(foreign)", "data/ab/\(foreign.uppercased())", "datax/ab/\(foreign)"] {
      try server.admin().send("PUT", "/\(SharedS3.bucket)/\(prefix)/\(path)", body: "x")
    }

    let names = try await store.names(of: .pack)

    #expect(names.count == objects.count)
    #expect(Set(names) == Set(objects.map { StoredObject(name: pack($0), byteCount: $0.count) }))
  }

  @Test(arguments: S3Server.allCases)
  func `a large object arrives in parts, whole`(_ server: S3Server) async throws {
    // 5 MiB is the least that S3 takes for a part.
    let store = try server.store(sizes: .init(largestWhole: 6 << 20, part: 5 << 20))
    let bytes = [UInt8](unsafeUninitializedCapacity: 12 << 20) { buffer, count in
      for index in 0..<buffer.count { buffer[index] = UInt8(truncatingIfNeeded: index &* 31 &+ index >> 13) }
      count = buffer.count
    }

    try await store.put(bytes, as: pack(bytes))

    #expect(try await store.bytes(of: pack(bytes)) == bytes)
    #expect(try await store.bytes(of: pack(bytes), in: (5 << 20) - 2..<(5 << 20) + 2) == Array(bytes[(5 << 20) - 2..<(5 << 20) + 2]))
    // Its tag shows that it came in parts: there is a dash and their number in it.
    let path = "/\(SharedS3.bucket)?list-type=2&prefix=\(store.place.prefix)%2Fdata"
    #expect(try server.admin().send("GET", path).contains("-3"))
    #expect(try await store.removeLeftovers(now: .max) == 0)
  }

  @Test(arguments: S3Server.allCases)
  func `an upload in parts that fails leaves nothing behind`(_ server: S3Server) async throws {
    // Slow enough to be cancelled between its parts.
    let options = HTTPClient.Options(bandwidth: Bandwidth(bytesPerSecond: 1 << 20))
    let store = try server.store(connection: options, sizes: .init(largestWhole: 1 << 20, part: 5 << 20))
    let bytes = [UInt8](repeating: 3, count: 20 << 20)
    let upload = Task { try await store.put(bytes, as: pack(bytes)) }
    let uploads =
      "/\(SharedS3.bucket)?uploads&prefix=\(store.place.prefix)%2Fdata%2F\(pack(bytes).path.dropFirst(5).replacing("/", with: "%2F"))"
    // Not 'eventually': it would keep the upload's thread.
    for _ in 0..<30 {
      if try server.admin().send("GET", uploads).contains("<UploadId>") { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(try server.admin().send("GET", uploads).contains("<UploadId>"))

    upload.cancel()

    await #expect(throws: CancellationError.self) { try await upload.value }
    #expect(try !server.admin().send("GET", uploads).contains("<UploadId>"))
    #expect(try await store.names(of: .pack).isEmpty)
  }

  @Test func `uploads of runs that were killed are cleared away after a day, and no others`() async throws {
    let store = try S3Server.seaweed.store()
    let (ours, other) = ("/\(SharedS3.bucket)/\(store.place.prefix)/\(pack([1]).path)", "/\(SharedS3.bucket)/\(store.place.prefix)/notes")
    for path in [ours, ours, other] { try S3Server.seaweed.admin().send("POST", path + "?uploads") }

    #expect(try await store.removeLeftovers(now: S3Server.now() + 86_000) == 0)
    #expect(try await store.removeLeftovers(now: S3Server.now() + 87_000) == 2)
    #expect(try await store.removeLeftovers(now: S3Server.now() + 87_000) == 0)
    let left = try S3Server.seaweed.admin().send("GET", "/\(SharedS3.bucket)?uploads&prefix=\(store.place.prefix)")
    #expect(left.contains("/notes"))
  }

  @Test func `of many that create a repository at once one does`() async throws {
    let store = try S3Server.seaweed.store()

    let kinds = await withTaskGroup(of: StoreError.Kind?.self) { group in
      for number in 0..<8 {
        group.addTask {
          do {
            try await store.put([UInt8(number)], as: .config)
            return nil
          } catch { return (error as? StoreError)?.kind ?? .other }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }

    #expect(kinds.count { $0 == nil } == 1)
    #expect(kinds.allSatisfy { $0 == nil || $0 == .alreadyExists || $0 == .unreachable }, "\(kinds)")
  }

  @Test(arguments: S3Server.allCases)
  func `bandwidth is kept`(_ server: S3Server) async throws {
    let store = try server.store(connection: .init(bandwidth: Bandwidth(bytesPerSecond: 1 << 20)))
    let bytes = [UInt8](repeating: 9, count: 512 << 10)
    let start = ContinuousClock.now

    try await store.put(bytes, as: pack(bytes))
    #expect(try await store.bytes(of: pack(bytes)) == bytes)

    #expect(ContinuousClock.now - start > .milliseconds(850))
  }
}
