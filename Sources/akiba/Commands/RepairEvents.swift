import Primitives
import Stores
import Repositories

/// One object that is well again.
struct HealedEvent: Encodable {
  let type = "healed"
  let location: String
  let how: String
  let from: String?
  let kind: String
  let id: String?
  let path: String
  let bytes: Int

  init(_ healed: RepairReport.Healed, _ address: String) {
    location = address
    switch healed.how {
    case .fetched(let source):
      how = "fetched"
      from = source
    case .rebuilt:
      how = "rebuilt"
      from = nil
    case .dropped:
      how = "dropped"
      from = nil
    }
    kind = healed.name.kind.rawValue
    id = healed.name.id?.hex
    path = healed.name.path
    bytes = healed.byteCount
  }
}

/// The last line of one location.
struct RepairEvent: Encodable {
  let type = "repair"
  let location: String
  let sound: Bool
  let dryRun: Bool
  /// Errors found before anything was done.
  let errors: Int
  let healed: Int
  /// Errors left.
  let remaining: Int
  let bytesRead: Int
  let seconds: Double

  enum CodingKeys: String, CodingKey {
    case type, location, sound, errors, healed, remaining, seconds
    case dryRun = "dry_run"
    case bytesRead = "bytes_read"
  }
}
