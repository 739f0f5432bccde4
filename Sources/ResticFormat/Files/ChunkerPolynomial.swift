/// The irreducible polynomial of degree 53 over GF(2) that stock restic cuts files with. We never use it, but restic refuses to
/// open a repository whose polynomial can be factored.
///
/// Bit `i` is the coefficient of `x^i`. Source: restic/chunker `polynomials.go`, `RandomPolynomial`, `Irreducible`.
package struct ChunkerPolynomial: Sendable, Equatable {
  static let degree = 53

  package let bits: UInt64

  /// A random one; about one try in 27 finds it (half of the coefficients of `1` are set anyway).
  package init(random: RandomSource) {
    while true {
      let bytes = random.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let candidate = bytes & (1 << (Self.degree + 1) - 1) | 1 << Self.degree | 1
      guard Self.isIrreducible(candidate) else { continue }
      bits = candidate
      return
    }
  }

  /// - Returns: `nil` unless the digits name an irreducible polynomial.
  package init?(hex: String) {
    guard let bits = UInt64(hex, radix: 16), Self.isIrreducible(bits) else { return nil }
    self.bits = bits
  }

  package var hex: String { String(bits, radix: 16) }

  /// Ben-Or's test: `p` of degree d is irreducible if for every i up to d/2 it shares no factor with `x^(2^i) - x`.
  package static func isIrreducible(_ polynomial: UInt64) -> Bool {
    let degree = degree(of: polynomial)
    guard degree >= 1 else { return false }
    var power: UInt64 = 2 % modulus(polynomial)  // x
    for _ in 0..<degree / 2 {
      power = multiply(power, power, modulo: polynomial)
      guard greatestCommonDivisor(polynomial, power ^ 2) == 1 else { return false }
    }
    return true
  }

  private static func modulus(_ polynomial: UInt64) -> UInt64 { max(polynomial, 3) }

  private static func degree(of polynomial: UInt64) -> Int { 63 - polynomial.leadingZeroBitCount }

  private static func remainder(_ dividend: UInt64, _ divisor: UInt64) -> UInt64 {
    var rest = dividend
    while rest != 0, degree(of: rest) >= degree(of: divisor) { rest ^= divisor << UInt64(degree(of: rest) - degree(of: divisor)) }
    return rest
  }

  private static func multiply(_ a: UInt64, _ b: UInt64, modulo divisor: UInt64) -> UInt64 {
    var product: UInt64 = 0
    var shifted = remainder(a, divisor)
    for bit in 0...degree(of: b | 1) {
      if b >> UInt64(bit) & 1 == 1 { product ^= shifted }
      shifted = remainder(shifted << 1, divisor)
    }
    return product
  }

  private static func greatestCommonDivisor(_ a: UInt64, _ b: UInt64) -> UInt64 {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, remainder(a, b)) }
    return a
  }
}
