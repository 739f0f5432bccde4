import Foundation
import Primitives
import Recovery
import SystemPackage
import TestSupport
import Testing

/// Moving restored parts into their places, cut short at every move.
struct PartSwitchTests {
  private struct Stop: Error {}

  /// Folders as the guide has them, or everything below the upgrade service's; a volume, perhaps on another disk.
  private final class Place {
    let folder: TemporaryFolder
    let other: TemporaryFolder?
    let plan: BringBackPlan

    init(isNested: Bool, isOccupied: Bool, isOnTwoDisks: Bool) throws {
      let folder = try TemporaryFolder()
      self.folder = folder
      other = isOnTwoDisks ? try TemporaryFolder(in: "/dev/shm") : nil
      let upgrade = isNested ? "cht" : "cht/upgrade-service"
      let volume = (other?.path ?? folder.path) + "/volumes/cht_cht-ssl/_data"
      func at(_ path: String) -> String { folder.path + "/" + path }
      let parts: [(String, String)] = [
        ("couchdb/n/data", at("cht/couchdb")), ("cht/compose", at("cht/compose")), ("cht/upgrade-service", at(upgrade)), ("tls", volume),
        ("cht/extra/etc/Caddyfile", at("etc/Caddyfile")),
      ]
      for (place, _) in parts {
        try Self.write("new", to: at("staging/\(place)" + (place.hasSuffix("Caddyfile") ? "" : "/file")))
        if !place.hasSuffix("Caddyfile") { try Self.write("new", to: at("staging/\(place)/deep/er/file")) }
      }
      try FileManager.default.createDirectory(atPath: volume, withIntermediateDirectories: true)
      if isOccupied {
        for path in ["cht/couchdb/file", "cht/couchdb/leftover", "cht/compose/file", "\(upgrade)/file", "etc/Caddyfile"] {
          try Self.write("old", to: at(path))
        }
        try Self.write("old", to: "\(volume)/leftover")
        try Self.write("neighbour", to: at("\(upgrade)/reports/2026.txt"))
      }
      let plan = BringBackPlan(
        repository: "r", snapshot: ContentID(hashing: [1]), project: "cht", upgradeService: FilePath(at(upgrade)),
        staging: FilePath(at("staging")), suffix: ".before-restore-1",
        parts: parts.map { .init(place: $0, target: $1, volume: nil, isCouchDBs: false) }, neighbours: ["reports"])
      self.plan = plan.occupied(at: isOccupied ? plan.outermost : [])
    }

    static func write(_ text: String, to path: String) throws {
      try FileManager.default.createDirectory(at: URL(filePath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    /// Every file with its text, by path.
    func state() throws -> [String: String] {
      var files: [String: String] = [:]
      for root in [folder.path] + (other.map { [$0.path] } ?? []) {
        for path in try FileManager.default.subpathsOfDirectory(atPath: root) {
          var isFolder: ObjCBool = false
          _ = FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
          if !isFolder.boolValue {
            files[path.replacing(folder.path, with: "")] = try String(contentsOfFile: "\(root)/\(path)", encoding: .utf8)
          }
        }
      }
      return files
    }
  }

  /// Runs until the n-th move, which is not made.
  ///
  /// - Returns: whether it came to its end.
  private func run(_ plan: BringBackPlan, stoppingAt move: Int, _ body: (PartSwitch) throws -> Void) throws -> Bool {
    var moves = 0
    do {
      try body(
        PartSwitch(plan) { _, _ in
          moves += 1
          if moves == move { throw Stop() }
        })
      return true
    } catch is Stop { return false }
  }

  @Test(arguments: [false, true], [false, true])
  func `stopped at any move, a second run ends in the same state, and going back restores what was there`(
    _ isNested: Bool, _ isOnTwoDisks: Bool
  ) throws {
    for isOccupied in [true, false] {
      let whole = try Place(isNested: isNested, isOccupied: isOccupied, isOnTwoDisks: isOnTwoDisks)
      let before = try whole.state()
      try PartSwitch(whole.plan).moveAside()
      try PartSwitch(whole.plan).place()
      let end = try whole.state()
      #expect(end["cht/couchdb/file"] == "new" && end["cht/couchdb/leftover"] == nil && end["cht/couchdb/deep/er/file"] == "new")
      #expect(end.filter { $0.value == "old" }.allSatisfy { $0.key.contains(".before-restore-1") })
      if isOccupied { #expect(end[isNested ? "cht/reports/2026.txt" : "cht/upgrade-service/reports/2026.txt"] == "neighbour") }
      #expect(end.count == before.count)

      var move = 1
      while true {
        let place = try Place(isNested: isNested, isOccupied: isOccupied, isOnTwoDisks: isOnTwoDisks)
        // Placing begins only when all is aside.
        let isAside = try run(place.plan, stoppingAt: move) { try $0.moveAside() }
        let isDone = try isAside && run(place.plan, stoppingAt: move) { try $0.place() }
        if move.isMultiple(of: 2) {
          if !isAside { try PartSwitch(place.plan).moveAside() }
          try PartSwitch(place.plan).place()
          #expect(try place.state() == end, "move \(move)")
        } else {
          _ = try run(place.plan, stoppingAt: 1 + move / 2) { try $0.takeBack() }
          try PartSwitch(place.plan).takeBack()
          let back = try place.state().filter { !$0.key.contains(".taken-back") && !$0.key.hasPrefix("staging") }
          #expect(back == before.filter { !$0.key.hasPrefix("staging") }, "move \(move)")
        }
        if isDone { break }
        move += 1
      }
      #expect(move > 4, "\(move)")
    }
  }
}
