/// Whether a store is worth a call at the moment: the decision for all calls of one store.
///
/// - *closed*: calls go through, and each has its own patience.
/// - *open*, once a call lost its patience and no other had an answer meanwhile: for the time of rest all calls fail at once, waiting ones
///   too. Otherwise each of a thousand packs would wait through the patience of its own.
/// - *trying*, when the rest is over: the next call is let through with a single try, the others still fail at once. An answer closes the
///   circuit, none opens it for another rest.
///
/// Whatever the store says is an answer, a refusal too.
struct Circuit {
  enum Admission: Equatable {
    case closed
    /// With a single try. Its end is to be told: `answered`, `failed` or `abandoned`.
    case trying
    case open(Duration)
  }

  private let rest: Duration
  private var opensUntil: ContinuousClock.Instant?
  private var isTrying = false
  private var lastAnswer: ContinuousClock.Instant?

  init(rest: Duration) { self.rest = rest }

  mutating func admit(at now: ContinuousClock.Instant) -> Admission {
    guard let opensUntil else { return .closed }
    guard now >= opensUntil, !isTrying else { return .open(max(.zero, now.duration(to: opensUntil))) }
    isTrying = true
    return .trying
  }

  mutating func answered(at now: ContinuousClock.Instant) {
    lastAnswer = max(now, lastAnswer ?? now)
    opensUntil = nil
    isTrying = false
  }

  /// A call lost its patience, or the single try had no answer.
  ///
  /// - Parameter since: when that call's first try had failed.
  mutating func failed(since: ContinuousClock.Instant, at now: ContinuousClock.Instant) {
    isTrying = false
    if let lastAnswer, lastAnswer >= since { return }
    opensUntil = now + rest
  }

  /// The single try was cancelled: the next call may.
  mutating func abandoned() { isTrying = false }
}
