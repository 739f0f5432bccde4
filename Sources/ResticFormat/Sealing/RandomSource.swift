/// Where initialization vectors, salts and keys come from.
package struct RandomSource: Sendable {
  private let generate: @Sendable (Int) -> [UInt8]

  /// - Parameter generate: returns exactly as many unpredictable bytes as asked.
  package init(_ generate: @escaping @Sendable (Int) -> [UInt8]) { self.generate = generate }

  /// The operating system's generator: the only one fit for real repositories.
  package static var system: Self {
    Self { count in
      var generator = SystemRandomNumberGenerator()
      var bytes: [UInt8] = []
      bytes.reserveCapacity(count + MemoryLayout<UInt64>.size)
      // One system call for eight bytes.
      while bytes.count < count { withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
      return Array(bytes.prefix(count))
    }
  }

  package func bytes(_ count: Int) -> [UInt8] { generate(count) }
}
