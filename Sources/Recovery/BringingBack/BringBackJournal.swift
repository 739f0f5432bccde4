import Files
import FoundationEssentials
import Primitives
package import SystemPackage

/// What a restore of a deployment has decided and done: durable before each step, so that a second run goes on or rolls back.
package struct BringBackJournal: Codable, Sendable {
  package enum Step: String, Codable, CaseIterable, Sendable {
    /// The snapshot lies in the staging folder, and is proven.
    case stage, prove
    /// What has to be another than it was is changed there.
    case adjust
    /// Nothing of the project runs, and nothing starts it.
    case halt
    /// The engine's volumes are there.
    case volumes
    case moveAside = "move-aside"
    case place
    /// The stopped containers are gone: they know the old volumes and environment.
    case clear
    case start
    case confirm
    /// What is left in the staging folder is gone.
    case tidy
  }

  /// A container that was stopped, and how it was.
  package struct Halted: Codable, Sendable {
    package let id: String
    package let name: String
    package let restartPolicy: String
    package let wasRunning: Bool

    package init(id: String, name: String, restartPolicy: String, wasRunning: Bool) {
      self.id = id
      self.name = name
      self.restartPolicy = restartPolicy
      self.wasRunning = wasRunning
    }
  }

  private static let format = 1
  private static let largest = 16 << 20

  package private(set) var version = format
  package var plan: BringBackPlan
  package internal(set) var done: [Step] = []
  package internal(set) var halted: [Halted] = []
  /// Somebody asked to go back: nothing goes forward any more.
  package internal(set) var isRollingBack = false

  package init(_ plan: BringBackPlan) { self.plan = plan }

  package var next: Step? { Step.allCases.first { !done.contains($0) } }

  /// Whether CHT is stopped on purpose.
  package var isHalted: Bool { done.contains(.adjust) && !done.contains(.start) }

  /// - Returns: `nil` if there is none.
  package static func read(from path: FilePath) throws -> BringBackJournal? {
    guard try FileMetadata.ifPresent(path) != nil else { return nil }
    let file = try HeldFile(opening: path)
    let bytes = try file.bytes(at: 0, count: min(file.byteCount, largest))
    guard let journal = try? JSONDecoder().decode(BringBackJournal.self, from: Data(bytes)), journal.version == format else {
      throw RecoveryError(
        .damagedJournal, "'\(path)', the journal of a restore that is not finished, cannot be read",
        hints: ["what was there before is in the folders named '….before-restore-…'; see docs/operating.md, then move this file away"])
    }
    return journal
  }

  package func write(to path: FilePath) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try Folder.make(path.removingLastComponent())
    try DurableFile.write([UInt8](encoder.encode(self)), to: path)
  }
}
