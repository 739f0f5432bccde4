import TestSupport
import Testing

import ResticFormat

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
  var random = SeededRandom(seed: seed)
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
