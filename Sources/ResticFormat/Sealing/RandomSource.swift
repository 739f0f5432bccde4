/// Where initialization vectors, salts and keys come from.
package struct RandomSource: Sendable {
  private let generate: @Sendable (Int) -> [UInt8]

  /// - Parameter generate: returns exactly as many unpredictable bytes as asked.
  package init(_ generate: @escaping @Sendable (Int) -> [UInt8]) { self.generate = generate }

  /// The operating system's generator: the only one fit for real repositories.
  package static var system: Self {
    Self { count in
      var generator = SystemRandomNumberGenerator()
      return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        for index in 0..<count { buffer[index] = .random(in: 0...255, using: &generator) }
        filled = count
      }
    }
  }

  package func bytes(_ count: Int) -> [UInt8] { generate(count) }
}
