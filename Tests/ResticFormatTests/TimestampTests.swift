import Testing

import ResticFormat

struct TimestampTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0, 0), ("2024-02-29T23:59:59.999999999Z", 1_709_251_199, 999_999_999),
    ("2026-03-01T14:05:09.25+03:00", 1_772_363_109, 250_000_000), ("1969-12-31T23:59:59.5-05:30", 19_799, 500_000_000),
    ("0001-01-01T00:00:00Z", -62_135_596_800, 0), ("9999-12-31T23:59:59Z", 253_402_300_799, 0), ("1900-03-01T00:00:00Z", -2_203_891_200, 0),
  ])
  func `times are read exactly and written as Go writes them`(_ text: String, _ seconds: Int, _ nanoseconds: Int) throws {
    let time = try #require(Timestamp(text))

    #expect(time.seconds == seconds)
    #expect(time.nanoseconds == nanoseconds)
    #expect(time.description == text)
  }

  @Test(arguments: [
    "", "2024", "2024-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00", "2024-01-01 00:00:00Z",
    "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+3:00", "2024-01-01T00:00:00Zx", "2024-00-01T00:00:00Z", "24-01-01T00:00:00Z",
  ])
  func `what is no time is refused`(_ text: String) { #expect(Timestamp(text) == nil) }

  @Test func `every day of eight centuries comes back`() {
    for day in stride(from: -200_000, through: 100_000, by: 17) {
      let time = Timestamp(seconds: day * 86400 + 1)
      #expect(Timestamp(time.description)?.seconds == time.seconds)
    }
  }

  @Test func `the same moment is equal whatever clock showed it`() {
    #expect(Timestamp("2024-01-01T12:00:00+02:00") == Timestamp("2024-01-01T10:00:00Z"))
    #expect(Timestamp(seconds: 1, nanoseconds: -1) == Timestamp(seconds: 0, nanoseconds: 999_999_999))
    #expect(Timestamp(seconds: 5).duration(to: Timestamp(seconds: 7, nanoseconds: 1)) == .seconds(2) + .nanoseconds(1))
    #expect(Timestamp(seconds: 5).advanced(by: .milliseconds(-1500)) == Timestamp(seconds: 3, nanoseconds: 500_000_000))
  }
}
