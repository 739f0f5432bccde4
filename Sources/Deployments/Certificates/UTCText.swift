import Files
import Glibc

/// A moment as people and machines read it.
enum UTCText {
  /// `2026-03-01T00:00:00Z`; the seconds since 1970 for a year no calendar has.
  static func of(_ time: FileTime) -> String {
    var seconds = time.seconds
    var parts = tm()
    guard gmtime_r(&seconds, &parts) != nil else { return "\(time.seconds)" }
    func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let year = String(Int(parts.tm_year) + 1900)
    let padded = String(repeating: "0", count: max(0, 4 - year.count)) + year
    return "\(padded)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))Z"
  }
}
