import Testing

import ResticFormat

struct ChunkerPolynomialTests {
  /// From restic/chunker `polynomials_test.go`, `polyIrredTests`.
  @Test(
    arguments: [
      (0x38f1e565e288df, false), (0x3DA3358B4DC173, true), (0x30a8295b9d5c91, false), (0x255f4350b962cb, false), (0x267f776110a235, false),
      (0x2f4dae10d41227, false), (0x2482734cacca49, true), (0x312daf4b284899, false), (0x29dfb6553d01d1, false), (0x3548245eb26257, false),
      (0x3199e7ef4211b3, false), (0x362f39017dae8b, false), (0x200d57aa6fdacb, false), (0x35e0a4efa1d275, false),
    ] as [(UInt64, Bool)])
  func `polynomials of restic's own tests are told apart`(_ bits: UInt64, _ isIrreducible: Bool) {
    #expect(ChunkerPolynomial.isIrreducible(bits) == isIrreducible)
  }

  @Test func `small ones agree with trial division`() {
    for candidate: UInt64 in 2..<2048 {
      let hasFactor = (2..<candidate).contains { factor in
        factor.leadingZeroBitCount > candidate.leadingZeroBitCount && remainder(candidate, factor) == 0
      }
      #expect(ChunkerPolynomial.isIrreducible(candidate) == !hasFactor, "\(candidate)")
    }
  }

  @Test func `a new one has degree 53, is irreducible and survives its hexadecimal form`() {
    for _ in 0..<5 {
      let polynomial = ChunkerPolynomial(random: .system)

      #expect(polynomial.bits >> 53 == 1)
      #expect(ChunkerPolynomial.isIrreducible(polynomial.bits))
      #expect(ChunkerPolynomial(hex: polynomial.hex) == polynomial)
    }
    #expect(ChunkerPolynomial(hex: "38f1e565e288df") == nil)
    #expect(ChunkerPolynomial(hex: "0") == nil)
    #expect(ChunkerPolynomial(hex: "zz") == nil)
  }

  private func remainder(_ dividend: UInt64, _ divisor: UInt64) -> UInt64 {
    var rest = dividend
    while rest.leadingZeroBitCount <= divisor.leadingZeroBitCount, rest != 0 {
      rest ^= divisor << UInt64(divisor.leadingZeroBitCount - rest.leadingZeroBitCount)
    }
    return rest
  }
}
