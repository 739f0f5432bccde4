import Primitives
import Repositories
import ResticFormat
import Stores
import Testing

/// The key that fitted last is tried first, and is no more than a guess.
struct LikelyKeyTests {
  private static let others = 5

  private func keys(in store: MemoryStore) async throws -> [ContentID] {
    let ring = KeyRing(of: try await newRepository(in: store))
    var keys: [ContentID] = []
    for number in 0..<Self.others { keys.append(try await ring.add(password: "password \(number)", parameters: quickScrypt)) }
    return keys
  }

  @Test func `whichever it is, opening reads one key file`() async throws {
    let store = MemoryStore()
    for (number, key) in try await keys(in: store).enumerated() {
      let recording = RecordingStore(store)

      let opened = try await Repository.open(recording, password: "password \(number)", surroundings: .here(), likelyKey: key)

      #expect(opened.keyID == key)
      let keysRead = recording.calls.compactMap { if case .bytes(let name, _) = $0, name.kind == .key { name } else { nil } }
      #expect(keysRead == [.key(key)])
    }
  }

  @Test func `one that is gone, or that another password opens, is no hindrance`() async throws {
    let store = MemoryStore()
    let keys = try await keys(in: store)

    for guess in [ContentID(hashing: [1]), keys[0]] {
      #expect(try await Repository.open(store, password: "password 3", surroundings: .here(), likelyKey: guess).keyID == keys[3])
    }
    let error = await #expect(throws: RepositoryError.self) {
      try await Repository.open(store, password: "another", surroundings: .here(), likelyKey: keys[0])
    }
    #expect(error?.kind == .wrongPassword)
  }
}
