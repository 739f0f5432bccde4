import Foundation
import Primitives
import Remotes
import Stores
import TestSupport
import Testing

/// What places are found to be by trying them.
struct S3TraitsTests {
  private static let bytes: [UInt8] = Array(UUID().uuidString.utf8)

  @Test func `an ordinary bucket is granted, and nothing is left behind`() async throws {
    let store = try S3Server.seaweed.store()

    let traits = try await store.traits(trying: Self.bytes)

    #expect(
      traits
        == StoreTraits(
          readsWhatWasPut: true, listsWhatWasPut: true, refusesSecondCreation: true, overwriting: .granted, removal: .granted, remark: nil))
    #expect(try keys(.seaweed, SharedS3.bucket, store) == 0)
  }

  @Test func `a server that ignores conditions is found out`() async throws {
    let store = try S3Server.gateway.store()

    let traits = try await store.traits(trying: Self.bytes)

    #expect(traits.refusesSecondCreation == false)
    #expect(!traits.isProtected && traits.remark == nil)
    #expect(try keys(.gateway, SharedS3.bucket, store) == 0)
  }

  @Test func `object lock is protection, and what it protects can be had`() async throws {
    let store = try S3Server.seaweed.store(bucket: SharedS3.lockedBucket)

    let traits = try await store.traits(trying: Self.bytes)

    #expect(
      traits
        == StoreTraits(
          readsWhatWasPut: true, listsWhatWasPut: true, refusesSecondCreation: true, overwriting: .refused, removal: .refused,
          remark: "object lock, compliance, 1 day"))
    #expect(traits.isProtected)
    for kind in ObjectName.Kind.allCases { #expect(try await store.names(of: kind).isEmpty, "\(kind)") }
    // Again, with the same name: the marks over what stayed are no hindrance.
    #expect(try await store.traits(trying: Self.bytes) == traits)
  }

  @Test func `versions that may be removed are no protection, and none are left behind`() async throws {
    let bucket = "versions"
    try SharedS3.seaweed().makeBucket(bucket)
    try S3Server.seaweed.admin().send(
      "PUT", "/\(bucket)?versioning", body: "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
    let store = try S3Server.seaweed.store(bucket: bucket)

    let traits = try await store.traits(trying: Self.bytes)

    #expect(traits.removal == .granted && traits.overwriting == .granted && !traits.isProtected)
    let versions = try S3Server.seaweed.admin().send("GET", "/\(bucket)?versions&prefix=\(store.place.prefix)")
    #expect(!versions.contains("<Key>"), "\(versions)")
  }

  @Test func `a locked bucket takes every kind of object, in parts too`() async throws {
    let store = try S3Server.seaweed.store(bucket: SharedS3.lockedBucket, sizes: .init(largestWhole: 10, part: 5 << 20))
    let bytes = [UInt8]("more than what goes whole".utf8)

    try await store.put(bytes, as: pack(bytes))
    try await store.put([1], as: .config)
    try await store.remove(pack(bytes))

    #expect(try await store.bytes(of: .config) == [1])
    #expect(try await store.names(of: .pack).isEmpty)
  }

  @Test func `who may only read learns it`() async throws {
    let seaweed = try SharedS3.seaweed()
    let reader = S3Credentials(accessKey: seaweed.readerAccessKey, secretKey: seaweed.readerSecret)
    let store = try S3Server.seaweed.store(credentials: reader)

    let error = await #expect(throws: StoreError.self) { try await store.traits(trying: Self.bytes) }

    #expect(error?.kind == .denied)
  }

  private func keys(_ server: S3Server, _ bucket: String, _ store: S3Store) throws -> Int {
    try server.admin().send("GET", "/\(bucket)?list-type=2&prefix=\(store.place.prefix)").split(separator: "<Key>").count - 1
  }
}
