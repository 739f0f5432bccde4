import Foundation
import Primitives
import Recovery
import SystemPackage
import TestSupport
import Testing

/// What tells a second run how far the first came.
struct BringBackJournalTests {
  private let plan = BringBackPlan(
    repository: "r", snapshot: ContentID(hashing: [1]), project: "cht", upgradeService: "/srv/cht", staging: "/srv/staging",
    suffix: ".before-restore-1", parts: [.init(place: "tls", target: "/srv/tls", volume: "cht_cht-ssl", isCouchDBs: false)],
    neighbours: ["reports"], environment: EnvironmentChanges([.init(name: "A", old: nil, new: "/b")]),
    nodes: [.init(from: "a@b", to: "c@d")])

  @Test func `it reads back as it was written`() throws {
    let folder = try TemporaryFolder()
    let path = FilePath(folder.path("state/restore-cht.json"))
    #expect(try BringBackJournal.read(from: path) == nil)
    try BringBackJournal(plan).write(to: path)
    let journal = try #require(try BringBackJournal.read(from: path))
    #expect(journal.plan == plan && journal.next == .stage && !journal.isRollingBack)
  }

  /// Going on with a plan that is not what was decided would move the wrong folders.
  @Test func `whatever is cut off or is no journal, it is refused, with what to do`() throws {
    let folder = try TemporaryFolder()
    let path = FilePath(folder.path("restore-cht.json"))
    try BringBackJournal(plan).write(to: path)
    let whole = try Data(contentsOf: URL(filePath: path.string))
    for end in 0..<whole.count - 1 {
      try whole.prefix(end).write(to: URL(filePath: path.string))
      let error = #expect(throws: RecoveryError.self) { try BringBackJournal.read(from: path) }
      #expect(error?.kind == .damagedJournal && error?.hints.isEmpty == false)
    }
    let newer = String(decoding: whole, as: UTF8.self).replacing(#""version" : 1"#, with: #""version" : 2"#)
    try Data(newer.utf8).write(to: URL(filePath: path.string))
    #expect(throws: RecoveryError.self) { try BringBackJournal.read(from: path) }
  }
}
