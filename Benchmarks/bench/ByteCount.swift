import ArgumentParser

/// A size in bytes as people write it: `2G`, `300M`, `64k`, `4096`. Decimal, as akiba shows sizes.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  init(_ bytes: Int) { self.bytes = bytes }

  init?(argument: String) {
    let units: [Character: Int] = ["k": 1000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000]
    let unit = argument.last.flatMap { units[$0] }
    guard let number = Double(unit == nil ? argument[...] : argument.dropLast()), number > 0, number * Double(unit ?? 1) < 1e15 else {
      return nil
    }
    bytes = Int(number * Double(unit ?? 1))
  }

  var defaultValueDescription: String {
    bytes.isMultiple(of: 1_000_000_000) ? "\(bytes / 1_000_000_000)G" : "\(bytes / 1_000_000)M"
  }
}
