import Stores

/// What to type next about a finding. Ours first, stock restic's where there is no other location.
enum Remedy {
  static let fetch = "'akiba repair' fetches it from another location"
  static let index = "'akiba repair' fetches or rebuilds it; with a single location so does 'restic repair index' (or rebuild-index)"
  static let disagreement = "'restic repair index' (or rebuild-index) makes it anew from the packs"

  /// For what siblings have and this copy lacks.
  static func absent(_ kind: ObjectName.Kind) -> String {
    switch kind {
    case .key: "'akiba repair' copies it; if it was removed on purpose, remove it everywhere with 'akiba key remove'"
    case .snapshot:
      "nothing, if it was removed here on purpose; 'akiba repair' brings it back if its data are here, 'akiba sync' with its data"
    default: "nothing, if this location was pruned or was away; 'akiba check' with a key tells whether a snapshot needs it"
    }
  }
}
