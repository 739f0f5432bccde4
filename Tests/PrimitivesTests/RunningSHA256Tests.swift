import Primitives
import Testing

struct RunningSHA256Tests {
  private let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) }

  @Test func `digests what the standard says`() {
    #expect(ContentID(hashing: []).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(ContentID(hashing: Array("abc".utf8)).hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test(arguments: [0, 1, 63, 64, 65, 127, 128, 500, 999, 1000])
  func `goes on from a state kept after so many bytes`(_ kept: Int) throws {
    var first = RunningSHA256()
    first.update(Array(bytes[..<kept]))
    let state = try #require(RunningSHA256.State(hex: first.state.hex, byteCount: first.state.byteCount))

    var second = RunningSHA256(resuming: state)
    second.update(Array(bytes[state.byteCount...]))

    #expect(second.digest == ContentID(hashing: bytes))
    #expect(second.byteCount == bytes.count)
  }

  @Test func `counts past four gigabits`() throws {
    var state = RunningSHA256()
    let block = [UInt8](repeating: 5, count: 1 << 20)
    for _ in 0..<520 { state.update(block) }
    var resumed = RunningSHA256(resuming: state.state)
    resumed.update([1, 2, 3])
    state.update([1, 2, 3])

    #expect(resumed.digest == state.digest)
  }

  @Test func `refuses a state that is none`() {
    #expect(RunningSHA256.State(hex: "00", byteCount: 64) == nil)
    #expect(RunningSHA256.State(hex: String(repeating: "0", count: 64), byteCount: 63) == nil)
  }
}
