import Files
import FoundationEssentials
import Glibc
import Primitives
import Status
import SystemPackage

/// What this host remembers of its locations: when each was last seen, what it held, what was proven. Losing it costs no data.
struct StateFile {
  private struct Content: Codable {
    var version = 1
    /// By address.
    var locations: [String: LocationRecord] = [:]
  }

  private static let largest = 16 << 20

  private let path: FilePath

  init(in folder: FilePath) { path = folder.appending("locations.json") }

  func read() throws -> [String: LocationRecord] { try content().locations }

  /// Reads, changes and writes while no other process does.
  func update(_ change: (inout [String: LocationRecord]) -> Void) throws {
    try Folder.make(path.removingLastComponent())
    let lock = path.removingLastComponent().appending("locations.lock").withPlatformString { open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
    guard lock >= 0 else { throw FileError("create", path, Errno(rawValue: errno)) }
    defer { close(lock) }
    while flock(lock, LOCK_EX) != 0 { guard errno == EINTR else { throw FileError("lock", path, Errno(rawValue: errno)) } }
    var content = try content()
    change(&content.locations)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try DurableFile.write([UInt8](encoder.encode(content)), to: path)
  }

  private func content() throws -> Content {
    guard try FileMetadata.ifPresent(path) != nil else { return Content() }
    let file = try HeldFile(opening: path)
    let bytes = try file.bytes(at: 0, count: min(file.byteCount, Self.largest))
    guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)), content.version == 1 else {
      throw StateError(
        summary: "'\(path)' is damaged", hints: ["remove it: only what was seen and proven before is forgotten, no backup is lost"])
    }
    return content
  }
}

struct StateError: Explainable {
  let summary: String
  let hints: [String]
}

extension Configuration {
  var state: StateFile { StateFile(in: stateFolder) }

  /// What is remembered of each location, by address; nothing of what cannot be read.
  func records(_ console: Console) -> [String: LocationRecord] {
    do { return try state.read() } catch {
      console.warn((error as? any Explainable)?.summary ?? "\(error)", hint: (error as? any Explainable)?.hints.first)
      return [:]
    }
  }

  /// That it cannot be remembered stops nothing.
  func remember(_ console: Console, _ change: (inout [String: LocationRecord]) -> Void) {
    do { try state.update(change) } catch {
      console.warn(
        "what was done is not remembered: \((error as? any Explainable)?.summary ?? "\(error)")",
        hint: (error as? any Explainable)?.hints.first)
    }
  }

  func remember(_ proof: Proof, of address: String, _ console: Console) {
    remember(console) { $0[address, default: LocationRecord()].add(proof) }
  }
}
