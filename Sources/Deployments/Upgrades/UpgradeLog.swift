import CouchFormat
import FoundationEssentials

/// One `upgrade_log:<ms since 1970>:<version>` document of `medic-logs`: an install, a staging or an upgrade, and how far it came.
///
/// Source: medic/cht-core `api/src/services/setup/upgrade-log.js`.
struct UpgradeLog {
  static let prefix = "upgrade_log:"

  let id: String
  /// `unknown` in a document without one.
  let state: String
  let action: String?
  let fromVersion: String?
  let toVersion: String?
  /// Milliseconds since 1970.
  let started: Int
  let updated: Int?

  /// States after which nothing goes on. CHT itself takes up an `interrupted` one again only by a new upgrade.
  private static let finalStates: Set = ["finalized", "aborted", "errored", "interrupted"]

  var isFinal: Bool { Self.finalStates.contains(state) }

  /// - Returns: `nil` for what is no upgrade log.
  init?(json: [UInt8]) {
    guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(json)), fields.id.hasPrefix(Self.prefix) else { return nil }
    id = fields.id
    state = fields.state ?? "unknown"
    action = fields.action
    fromVersion = fields.from?.version
    toVersion = fields.to?.version ?? id.split(separator: ":", maxSplits: 2).dropFirst(2).first.map(String.init)
    started = fields.start.flatMap { Int(exactly: $0.rounded()) } ?? id.split(separator: ":").dropFirst().first.flatMap { Int($0) } ?? 0
    updated = fields.updated.flatMap { Int(exactly: $0.rounded()) }
  }

  /// Fields of another type than CHT writes are taken as absent.
  private struct Fields: Decodable {
    let id: String
    let state: String?
    let action: String?
    let from: Build?
    let to: Build?
    let start: Double?
    let updated: Double?

    struct Build: Decodable {
      let version: String?
    }

    enum Key: String, CodingKey {
      case id = "_id"
      case state, action, from, to
      case start = "start_date"
      case updated = "updated_date"
    }

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: Key.self)
      id = try fields.decode(String.self, forKey: .id)
      state = try? fields.decode(String.self, forKey: .state)
      action = try? fields.decode(String.self, forKey: .action)
      from = try? fields.decode(Build.self, forKey: .from)
      to = try? fields.decode(Build.self, forKey: .to)
      start = try? fields.decode(Double.self, forKey: .start)
      updated = try? fields.decode(Double.self, forKey: .updated)
    }
  }
}
