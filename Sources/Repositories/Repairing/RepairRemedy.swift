import Stores

/// What to type next about what a repair could not heal.
enum RepairRemedy {
  /// No copy that was reached has the object.
  static func nowhere(_ kind: ObjectName.Kind) -> String {
    let again = "run 'akiba repair' again when another location can be reached"
    return switch kind {
    case .key: "\(again); or make a new key with 'akiba key add' and delete this file"
    case .snapshot: "\(again); otherwise this snapshot is lost: delete its file"
    case .pack: "\(again); otherwise stock 'restic repair packs' and 'restic repair snapshots' give up what is lost"
    default: again
    }
  }

  static func refused(_ error: StoreError) -> String {
    guard error.kind == .denied else { return error.hints.first ?? "run 'akiba repair' again once it can be written" }
    return "this location lets nobody replace or remove (append-only): run 'akiba repair' with an access that may"
  }
}
