import FoundationEssentials
import Glibc

/// The hours in which a drill may work, by this host's clock: `22:00-05:00`.
struct DrillWindow: Sendable, Equatable {
  private static let day = 1440

  /// Minutes after midnight.
  private let start: Int
  private let end: Int

  init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.minutes)
    guard parts.count == 2, let start = parts[0], let end = parts[1], start != end else { return nil }
    self.start = start
    self.end = end
  }

  private static func minutes(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) }), let hour = Int(parts[0]), let minute = Int(parts[1]),
      (0...23).contains(hour), (0...59).contains(minute)
    else { return nil }
    return hour * 60 + minute
  }

  /// - Parameter minute: after midnight.
  /// - Returns: minutes until it closes; `nil` if it is closed.
  func left(at minute: Int) -> Int? {
    let sinceStart = (minute - start + Self.day) % Self.day
    let length = (end - start + Self.day) % Self.day
    return sinceStart < length ? length - sinceStart : nil
  }

  /// Of this host's clock, in minutes after midnight.
  static var now: Int {
    var seconds = time(nil)
    var local = tm()
    localtime_r(&seconds, &local)
    return Int(local.tm_hour) * 60 + Int(local.tm_min)
  }
}
