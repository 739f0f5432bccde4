import Primitives
import Testing

import ResticFormat

struct IndexFileTests {
  private let sample = [
    IndexedPack(
      id: ContentID(hashing: [1]),
      blobs: [
        PackedBlob(handle: BlobHandle(ContentID(hashing: [2]), .data), offset: 0, length: 38, uncompressedLength: nil),
        PackedBlob(handle: BlobHandle(ContentID(hashing: [3]), .tree), offset: 38, length: 112, uncompressedLength: 511),
      ]), IndexedPack(id: ContentID(hashing: [4]), blobs: []),
  ]

  @Test func `an index reads back as it was written`() throws {
    #expect(try IndexFile.decode(IndexFile.encode(sample)) == sample)
    #expect(try IndexFile.decode(IndexFile.encode([])) == [])
  }

  /// From restic's `doc/design.rst`.
  @Test func `the index of restic's own documentation is read`() throws {
    let json = """
      {
        "supersedes": [ "ed54ae36197f4745ebc4b54d10e0f623eaaaedd03013eb7ae90df881b7781452" ],
        "packs": [
          {
            "id": "73d04e6125cf3c28a299cc2f3cca3b78ceac396e4fcf9575e34536b26782413c",
            "blobs": [
              { "id": "3ec79977ef0cf5de7b08cd12b874cd0f62bbaf7f07f3497a5b1bbcc8cb39b1ce", "type": "data", "offset": 0, "length": 38 },
              { "id": "9ccb846e60d90d4eb915848add7aa7ea1e4bbabfc60e573db9f7bfb2789afbae", "type": "data", "offset": 38,
                "length": 112, "uncompressed_length": 511 }
            ]
          }
        ]
      }
      """

    let packs = try IndexFile.decode(Array(json.utf8))

    #expect(packs.count == 1)
    #expect(packs[0].id.short == "73d04e61")
    #expect(packs[0].blobs.map(\.uncompressedLength) == [nil, 511])
  }

  @Test func `no damage of an index traps`() { expectNoTrap(IndexFile.encode(sample)) { _ = try IndexFile.decode($0) } }

  @Test(arguments: [
    #"{"packs":[{"blobs":[]}]}"#, #"{"packs":[{"id":"00"}]}"#, #"{"packs":[,]}"#, #"{"packs":[]}x"#, "[]", "", "{", #"{"packs":7}"#,
    #"{"packs":[]"#, #"{"a":\#(String(repeating: "[", count: 100_000))"#,
  ])
  func `what is no index is refused`(_ json: String) {
    #expect(throws: FormatError.self) { try IndexFile.decode(Array(json.utf8)) }
  }

  @Test(arguments: ["-1", "4294967296", "1e3", "1.5", "99999999999999999999999999999999", "null"])
  func `impossible lengths are refused`(_ length: String) {
    let id = ContentID(hashing: []).hex
    let json = #"{"packs":[{"id":"\#(id)","blobs":[{"id":"\#(id)","type":"data","offset":0,"length":\#(length)}]}]}"#

    #expect(throws: FormatError.self) { try IndexFile.decode(Array(json.utf8)) }
  }
}
