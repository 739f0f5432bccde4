/// One part of akiba by itself.
struct Measurement {
  enum Unit { case bytes, operations(String) }

  let name: String
  let unit: Unit
  /// Bytes or operations a second.
  let run: () async throws -> Double

  /// What `perSecond` gives, as people read it.
  func text(_ perSecond: Double) -> String {
    switch unit {
    case .bytes: "\(Wording.number(perSecond / 1e6)) MB/s"
    case .operations(let what): "\(Wording.number(perSecond / 1000)) thousand \(what)/s"
    }
  }
}
