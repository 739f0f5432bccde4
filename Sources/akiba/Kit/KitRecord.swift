import Files
import FoundationEssentials
import Primitives
import ResticFormat
import SystemPackage

/// What this host remembers of the kit it made last: `kit.json` in the state folder. No secret is in it.
struct KitRecord: Codable, Equatable {
  /// Seconds since 1970.
  let made: Int
  /// Of what the kit says of locations, with credentials if it has them.
  let fingerprint: String
  let hasCredentials: Bool
  /// The key that its recovery key opens.
  let key: String

  enum CodingKeys: String, CodingKey {
    case made, fingerprint, key
    case hasCredentials = "has_credentials"
  }
}

/// Whether there is a kit that says how things are now.
enum KitState: Equatable {
  case none
  case current(KitRecord)
  case stale(KitRecord)
}

extension Configuration {
  private static let largestRecord = 1 << 16
  private var kitRecordFile: FilePath { stateFolder.appending("kit.json") }

  /// What cannot be read is taken for none: making a kit again costs a minute.
  private var kitRecord: KitRecord? {
    guard let file = try? HeldFile(opening: kitRecordFile),
      let bytes = try? file.bytes(at: 0, count: min(file.byteCount, Self.largestRecord)),
      let record = try? JSONDecoder().decode(KitRecord.self, from: Data(bytes))
    else { return nil }
    return record
  }

  var kitState: KitState {
    guard let record = kitRecord else { return .none }
    return fingerprint(withCredentials: record.hasCredentials) == record.fingerprint ? .current(record) : .stale(record)
  }

  /// Credentials in the environment do not count: who asks may not have them.
  func fingerprint(withCredentials: Bool) -> String {
    KitFacts(self, .init(hasCredentials: withCredentials, asksEnvironment: false)).fingerprint
  }

  /// A kit whose key opens nothing any more is stale from now on.
  func forgetKit(withKey key: String, _ console: Console) {
    guard let record = kitRecord, record.key == key else { return }
    remember(KitRecord(made: record.made, fingerprint: "", hasCredentials: record.hasCredentials, key: key), console)
    console.warn(
      "the recovery kit has this key, and opens nothing any more",
      hint: "destroy it, and make another: \(KitState.command(Self.option(path)))")
  }

  /// That it cannot be remembered does not unmake the kit.
  func remember(_ record: KitRecord, _ console: Console) {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try Folder.make(stateFolder)
      try DurableFile.write([UInt8](encoder.encode(record)), to: kitRecordFile)
    } catch {
      let explained = error as? any Explainable
      console.warn("that there is a kit is not remembered: \(explained?.summary ?? "\(error)")", hint: explained?.hints.first)
    }
  }
}

extension KitState {
  /// For programs.
  var word: String {
    switch self {
    case .none: "none"
    case .current: "current"
    case .stale: "stale"
    }
  }

  static func command(_ option: String) -> String { "akiba kit\(option) --out FOLDER" }

  /// - Parameter option: names the configuration in a command that is proposed.
  func text(_ option: String) -> String {
    let command = Self.command(option)
    switch self {
    case .none: return "none was made on this host; without it a new host does not know where the backups are: \(command)"
    case .current(let record): return "made \(Self.day(record)); it says how things are now"
    case .stale(let record):
      return "STALE: locations, credentials or keys have changed since it was made \(Self.day(record)); make it anew: \(command)"
    }
  }

  private static func day(_ record: KitRecord) -> String { String(Timestamp(seconds: record.made).description.prefix(10)) }
}
