import TestSupport
import Testing

import ResticFormat

struct SealingKeyTests {
  /// From restic `internal/crypto/crypto_int_test.go`, which took them from the Poly1305-AES paper: the tag of a message.
  @Test(arguments: [
    (
      "poly1305-aes example 1", "f3f6", "ec074c835580741701425b623235add6", "851fc40c3467ac0be05cc20404f3f700",
      "fb447350c4e868c52ac3275cf9d4327e", "f4c633c3044fc145f84f335cb81953de"
    ),
    (
      "the empty message", "", "75deaa25c09f208e1dc4ce6b5cad3fbf", "a0f3080000f46400d0c7e9076c834403",
      "61ee09218d29b0aaed7e154a2c5509cc", "dd3fab2251f11ac759f0887129cc2ee7"
    ),
  ])
  func `the tag of published messages`(name: String, message: String, k: String, r: String, nonce: String, tag: String) throws {
    let key = try #require(SealingKey(bytes: [UInt8](repeating: 0, count: 32) + hexBytes(k) + hexBytes(r)))
    let sealed = hexBytes(nonce) + hexBytes(message) + hexBytes(tag)

    let opened = try key.unseal(sealed)

    #expect(key.seal(opened, iv: hexBytes(nonce)) == sealed)
  }

  @Test(arguments: [0, 1, 15, 16, 17, 4096, 100_000])
  func `what was sealed opens to the same bytes`(_ count: Int) throws {
    var random = SeededRandom(seed: 1)
    let key = SealingKey(random: .system)
    let plaintext = random.bytes(count)

    let sealed = key.seal(plaintext, random: .system)

    #expect(sealed.count == count + 32)
    #expect(try key.unseal(sealed) == plaintext)
    #expect(try key.unseal((sealed + [0])[..<sealed.count]) == plaintext)
  }

  @Test func `sealed repeatably, the same bytes give the same, and anything else another vector`() throws {
    var random = SeededRandom(seed: 2)
    let key = SealingKey(random: .system)
    let plaintext = random.bytes(500)
    func iv(_ bytes: [UInt8], _ key: SealingKey, _ use: SealingKey.RepeatableUse = .packHeader) -> [UInt8] {
      Array(key.sealRepeatably(bytes, as: use).prefix(16))
    }

    let sealed = key.sealRepeatably(plaintext, as: .packHeader)

    #expect(sealed == key.sealRepeatably(plaintext, as: .packHeader))
    #expect(try key.unseal(sealed) == plaintext)
    let others = [
      iv(plaintext, key, .unpackedFile), iv(plaintext + [0], key), iv(plaintext.dropLast(), key), iv([], key),
      iv(plaintext, SealingKey(random: .system)),
    ]
    #expect(Set(others + [iv(plaintext, key)]).count == 6)
  }

  @Test func `the counter carries over all 16 bytes of the IV`() throws {
    let key = SealingKey(random: .system)
    let iv = [UInt8](repeating: 0xFF, count: 16)

    let first = key.seal([UInt8](repeating: 0, count: 32), iv: iv)
    let second = key.seal([UInt8](repeating: 0, count: 16), iv: [UInt8](repeating: 0, count: 16))

    #expect(first[32..<48] == second[16..<32], "the block after ff…ff is that of 00…00")
  }

  @Test func `whatever bit is flipped, it does not open`() throws {
    let key = SealingKey(random: .system)
    let sealed = key.seal(Array("patient records".utf8), random: .system)

    for index in sealed.indices {
      for bit in 0..<8 {
        var damaged = sealed
        damaged[index] ^= 1 << bit
        let error = #expect(throws: FormatError.self) { try key.unseal(damaged) }
        #expect(error?.kind == .authentication)
      }
    }
    for count in 0..<sealed.count { #expect(throws: FormatError.self) { try key.unseal(Array(sealed[..<count])) } }
  }

  @Test func `another key does not open it, and no IV comes twice`() {
    let key = SealingKey(random: .system)
    let one = key.seal([1], random: .system)
    let two = key.seal([1], random: .system)

    #expect(one != two)
    #expect(throws: FormatError.self) { try SealingKey(random: .system).unseal(one) }
  }
}
