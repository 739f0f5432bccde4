import Testing

import ResticFormat

/// A generator whose numbers follow from its seed, for tests that print it.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) } }
}

/// Hands every truncation, every flipped bit and seeded garbage of `bytes` to a parser that must not trap.
///
/// - Parameter parse: returns normally or throws `FormatError`; anything else is a failure.
func expectNoTrap(_ bytes: [UInt8], seed: UInt64 = .random(in: 0...UInt64.max), _ parse: ([UInt8]) throws -> Void) {
  func attempt(_ damaged: [UInt8], _ how: String) {
    do { try parse(damaged) } catch let error as FormatError {
      #expect(!error.summary.isEmpty)
    } catch { Issue.record("\(how): \(error) is no FormatError") }
  }
  for count in 0..<bytes.count { attempt(Array(bytes[..<count]), "cut after \(count)") }
  for index in bytes.indices {
    for bit in 0..<8 {
      var damaged = bytes
      damaged[index] ^= 1 << bit
      attempt(damaged, "bit \(bit) of byte \(index)")
    }
  }
  var random = SeededGenerator(seed: seed)
  for round in 0..<500 {
    var damaged = bytes
    for _ in 0...Int.random(in: 0..<6, using: &random) {
      let start = Int.random(in: 0...damaged.count, using: &random)
      let end = Int.random(in: start...min(damaged.count, start + 20), using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: damaged.removeSubrange(start..<end)
      case 1: damaged.insert(contentsOf: random.bytes(end - start), at: start)
      default: damaged.insert(contentsOf: damaged[start..<end], at: Int.random(in: 0...damaged.count, using: &random))
      }
    }
    attempt(damaged, "seed \(seed), round \(round)")
  }
}

func hexBytes(_ text: String) -> [UInt8] {
  stride(from: 0, to: text.utf8.count, by: 2).compactMap {
    UInt8(text.dropFirst($0).prefix(2), radix: 16)
  }
}
