import Primitives
package import Stores
import Testing

/// A store that is unreachable at every call once, before or after doing what was asked, keeps its promises under `RetryingStore`.
///
/// - Parameter makeStore: an empty store each time, which may have its layout. Called some fifty times.
package func expectStoreSurvivesFaults(_ makeStore: () async throws -> any BlobStore) async throws {
  for afterwards in [false, true] {
    try await expectStoreContract(losesAnswers: true) {
      // The call after a failing one is its repetition, as long as one call runs at a time.
      patient(FaultyStore(try await makeStore(), afterwards: afterwards) { $0.isMultiple(of: 2) })
    }
    var failing = 1
    while try await livesThrough(FaultyStore(try await makeStore(), failingCall: failing, afterwards: afterwards), failing) { failing += 1 }
    #expect(failing > 15, "the calls of a store's life")
  }
}

/// Waits for nothing.
private func patient(_ store: any BlobStore) -> RetryingStore { RetryingStore(store, sleep: { _ in try Task.checkCancellation() }) }

/// - Returns: whether the failing call was reached.
private func livesThrough(_ faulty: FaultyStore, _ failing: Int) async throws -> Bool {
  let store = patient(faulty)
  let (index, bytes) = object(.index, Array("an index".utf8))
  let (snapshot, _) = object(.snapshot, Array("a snapshot".utf8))
  try await store.createLayout()
  try await store.put([1, 2, 3], as: .config)
  await expectError(.alreadyExists) { try await store.put([1, 2, 3], as: .config) }
  try await store.put(Array("damaged".utf8), as: index)
  try await store.put(bytes, as: index)
  try await store.put(Array("a snapshot".utf8), as: snapshot)
  #expect(try await store.bytes(of: index, in: 3..<8) == Array("index".utf8), "call \(failing)")
  #expect(try await store.size(of: index) == bytes.count, "call \(failing)")
  await expectError(.damaged) { _ = try await store.bytes(of: index, in: 3..<9) }
  try await store.remove(snapshot)
  #expect(try await store.names(of: .snapshot).isEmpty, "call \(failing)")
  #expect(try await store.traits(trying: [4, 5]).removal == .granted, "call \(failing)")
  #expect(try await store.names(of: .index) == [StoredObject(name: index, byteCount: bytes.count)], "call \(failing)")
  #expect(try await store.bytes(of: index, in: nil) == bytes, "call \(failing)")
  #expect(try await store.bytes(of: .config, in: nil) == [1, 2, 3], "call \(failing)")
  return faulty.calls >= failing
}
