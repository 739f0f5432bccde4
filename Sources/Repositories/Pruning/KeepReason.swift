/// Why a snapshot stays.
package enum KeepReason: Sendable, Hashable {
  /// It is one of the newest.
  case last
  /// It was taken within this time before the newest.
  case within(CalendarSpan)
  /// It is the newest of its period.
  case periodic(RetentionPolicy.Period)
  /// It is the oldest, and the rule's count is not used up.
  case oldest(RetentionPolicy.Period)
  /// Nothing says what is to be removed.
  case noPolicy
  case pinned
  /// It is known to restore.
  case proven
  /// It is the newest that is not marked.
  case newestSound
  /// It is none of this deployment's: another tool's, or another deployment's.
  case foreign
  case absurdTime(AbsurdTime)
  /// Without it nothing would show that the clock of a later one had gone back.
  case witness

  /// Whether nobody can remove it by naming it.
  var forbidsRemoval: Bool {
    switch self {
    case .pinned, .proven, .newestSound, .foreign: true
    default: false
    }
  }
}

/// A time that a snapshot cannot have been taken at.
package enum AbsurdTime: Sendable, Hashable {
  case inTheFuture
  /// Before there was anything to back up.
  case tooOld
  /// Before the snapshot it was made after.
  case beforeItsParent
}

extension KeepReason: CustomStringConvertible {
  /// As people read it.
  package var description: String {
    switch self {
    case .last: "last"
    case .within(let span): "within \(span)"
    case .periodic(let period): period.rawValue
    case .oldest(let period): "oldest (\(period.rawValue))"
    case .noPolicy: "no policy"
    case .pinned: "pinned"
    case .proven: "last proven"
    case .newestSound: "newest unmarked"
    case .foreign: "not this deployment's"
    case .absurdTime(.inTheFuture): "absurd time: in the future"
    case .absurdTime(.tooOld): "absurd time: before 2010"
    case .absurdTime(.beforeItsParent): "absurd time: before its parent's"
    case .witness: "shows that the clock went back"
    }
  }
}
