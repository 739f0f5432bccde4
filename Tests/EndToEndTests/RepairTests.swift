import Foundation
import TestSupport
import Testing

/// `akiba repair` and `akiba check --keyless` with the built program, on folders.
@Suite(.serialized)
struct RepairTests {
  @Test func `deleted, cut, grown and flipped objects are each named and all fetched from the other location`() throws {
    let deployment = try Self.deployment(backups: 3)
    let damaged = try deployment.damageEveryKind()
    try Self.expectKeylessCheckNames(damaged, of: deployment)

    let checked = try deployment.akiba(["check", "--read-data", "--json"])
    #expect(checked.status == 1)
    #expect(Set(damaged).isSubset(of: try checked.paths(below: deployment.repositories[0])), "\(checked.text)")
    #expect(checked.standardError.isEmpty, "\(checked.standardError)")
    #expect(try checked.findings().contains { ($0["remedy"] as? String)?.contains("akiba repair") == true })
    let before = try deployment.listing(0)
    let tried = try deployment.akiba(["repair", "--dry-run"])
    #expect(tried.status == 1 && tried.text.contains("found"), "\(tried.text)")
    #expect(try deployment.listing(0) == before)

    let repair = try deployment.akiba(["repair", "--json"])

    #expect(repair.status == 0, "\(repair.text)\(repair.standardError)")
    let healed = try repair.objects().filter { $0["type"] as? String == "healed" }
    #expect(Set(healed.compactMap { $0["path"] as? String }) == Set(damaged))
    #expect(healed.allSatisfy { $0["from"] as? String == deployment.repositories[1] })
    #expect(try deployment.listing(0) == deployment.listing(1))
    #expect(try deployment.akiba(["check", "--read-data"]).status == 0)
    #expect(deployment.locks().isEmpty && deployment.locks(repository: 1).isEmpty)
    for location in 0...1 { try deployment.expectResticFindsNoErrors(repository: location) }
    #expect(try deployment.akiba(["verify", "latest", "--location", "first"]).status == 0)
  }

  private static func expectKeylessCheckNames(_ damaged: [String], of deployment: TestDeployment) throws {
    try FileManager.default.moveItem(atPath: deployment.workingKey, toPath: deployment.folder.path("key"))
    let all = try deployment.akiba(["check", "--keyless", "--json"])
    let second = try deployment.akiba(["check", "--keyless", "--json", "--location", "second"])
    let folder = try Akiba.run(["check", "--keyless", "--json", "--repository", deployment.repositories[0]])
    try FileManager.default.moveItem(atPath: deployment.folder.path("key"), toPath: deployment.workingKey)

    #expect(all.status == 1)
    #expect(Set(damaged).isSubset(of: try all.paths(below: deployment.repositories[0])), "\(all.text)")
    // The other location is sound, but for a config that differs: nobody can tell without a key which of the two is right.
    #expect(try second.paths(below: deployment.repositories[1]) == ["config"], "\(second.text)")
    #expect(folder.status == 1)
    let unseen = try Set(damaged).subtracting(folder.paths(below: deployment.repositories[0])).subtracting(["config"])
    #expect(unseen.allSatisfy { !FileManager.default.fileExists(atPath: deployment.repositories[0] + "/" + $0) })
  }

  @Test func `after kill -9 at 20 random moments of a repair nothing is lost, and another one ends sound`() throws {
    let deployment = try Self.deployment(backups: 1, megabytes: 16)
    try deployment.damageEveryPack()
    let damaged = deployment.folder.path("damaged")
    try Program.run("/bin/cp", ["-a", deployment.repositories[0], damaged])
    let start = Date()
    #expect(try deployment.akiba(["repair", "first"]).status == 0)
    var kills = RandomKills(seed: 4_004, span: Date().timeIntervalSince(start))

    for round in 0..<20 {
      if round % 5 == 0 {
        try FileManager.default.removeItem(atPath: deployment.repositories[0])
        try Program.run("/bin/cp", ["-a", damaged, deployment.repositories[0]])
      }
      let repair = try deployment.startAkiba(["repair", "first"])
      kills.kill(repair)
      _ = try repair.wait()
      guard round % 5 == 4 else { continue }
      let last = try deployment.akiba(["repair", "first"])
      #expect(last.status == 0, "\(last.text)\(last.standardError)")
      #expect(try deployment.listing(0) == deployment.listing(1), "round \(round)")
    }

    #expect(kills.killed >= 8, "only \(kills.killed) of 20 were killed before their end; seed \(kills.seed)")
    // Killed when all was healed, but the sibling still locked: the next repair needs no sibling, and the lock goes with the next run there.
    #expect(try deployment.akiba(["repair", "second"]).status == 0)
    #expect(deployment.locks().isEmpty && deployment.locks(repository: 1).isEmpty)
    try deployment.expectResticFindsNoErrors()
  }

  @Test func `^C in a repair stops cleanly, and the next one ends sound`() throws {
    let deployment = try Self.deployment(backups: 1, megabytes: 16)
    try deployment.damageEveryPack()
    let before = try deployment.listing(0)
    let repair = try deployment.startAkiba(["repair", "first"])
    #expect(try deployment.wait { try deployment.listing(0) != before })
    repair.signal(SIGINT)
    let output = try repair.wait()

    #expect(output.status == 130, "\(output.text)\(output.standardError)")
    #expect(deployment.locks().isEmpty && deployment.locks(repository: 1).isEmpty)
    #expect(try deployment.akiba(["repair", "first"]).status == 0)
    #expect(try deployment.listing(0) == deployment.listing(1))
  }

  @Test func `what cannot be healed is 1 and named, a location that is away is 3, and another program's lock is 11`() throws {
    let deployment = try Self.deployment(backups: 1)
    let pack = try #require(try deployment.packs().first)
    for repository in deployment.repositories { try URL(filePath: "\(repository)/data/\(pack)").flipBit(at: 30) }
    try URL(filePath: deployment.repositories[0] + "/config").flipBit(at: 20)

    let output = try deployment.akiba(["repair", "first"])

    #expect(output.status == 1)
    #expect(output.standardError.contains("pack '\(pack.suffix(64).prefix(8))'"), "\(output.standardError)")
    #expect(output.standardError.contains("hint: run 'akiba repair' again when another location can be reached"))
    #expect(
      try Data(contentsOf: URL(filePath: deployment.repositories[0] + "/config"))
        == Data(contentsOf: URL(filePath: deployment.repositories[1] + "/config")))

    try FileManager.default.moveItem(atPath: deployment.repositories[1], toPath: deployment.folder.path("away"))
    #expect(try deployment.akiba(["repair", "first"]).status == 1)
    #expect(try deployment.akiba(["repair", "second"]).status == 3)
    #expect(!FileManager.default.fileExists(atPath: deployment.repositories[1]), "a disk that is away is not filled")
    let unknown = try deployment.akiba(["repair", "nas"])
    #expect(unknown.status == 1 && unknown.standardError.contains("hint: it has: first, second"), "\(unknown.standardError)")
    let prune = try deployment.stopped { try deployment.startRestic(["prune"]) }
    defer { prune.signal(SIGKILL) }
    #expect(try deployment.akiba(["repair", "first"]).status == 11)
  }

  /// - Parameter megabytes: of random bytes beside the data, for packs that take their time.
  private static func deployment(backups: Int, megabytes: Int = 0) throws -> TestDeployment {
    let deployment = try TestDeployment.growth(locations: ["first", "second"])
    let file = deployment.folder.path("extra.bin")
    try deployment.editConfiguration { $0.replacing("extra: []", with: "extra: [\(file)]") }
    for number in 1...backups {
      try Program.run("/bin/dd", ["if=/dev/urandom", "of=\(file)", "bs=\(megabytes > 0 ? "1M" : "64k")", "count=\(megabytes + number)"])
      try deployment.backup()
    }
    return deployment
  }
}

extension TestDeployment {
  /// One of each kind in each way, at the first location.
  ///
  /// - Returns: the paths.
  fileprivate func damageEveryKind() throws -> [String] {
    let repository = repository
    let packs = try self.packs().map { "data/\($0)" }
    func files(_ kind: String) -> [String] { repository.appending(path: kind).entries().map { "\(kind)/\($0)" } }
    let snapshots = files("snapshots")
    let indexes = files("index")
    try #require(packs.count >= 4 && snapshots.count >= 3 && indexes.count >= 3)
    let deleted = [packs[0], snapshots[0], files("keys")[0]]
    for name in deleted { try FileManager.default.removeItem(at: repository.appending(path: name)) }
    let cut = [packs[1], indexes[0]]
    for name in cut { try repository.appending(path: name).cut(to: 50) }
    let grown = [packs[2], snapshots[1]]
    for name in grown {
      let handle = try FileHandle(forWritingTo: repository.appending(path: name))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data([0]))
      try handle.close()
    }
    let flipped = [packs[3], indexes[1], snapshots[2], "config"]
    for name in flipped { try repository.appending(path: name).flipBit(at: 40) }
    return deleted + cut + grown + flipped
  }

  /// Every second pack and index flipped, the others gone, at the first location.
  func damageEveryPack() throws {
    for (number, pack) in try packs().enumerated() {
      let file = repository.appending(path: "data/\(pack)")
      if number.isMultiple(of: 2) { try file.flipBit(at: 40) } else { try FileManager.default.removeItem(at: file) }
    }
    for index in repository.appending(path: "index").entries() { try repository.appending(path: "index/\(index)").flipBit(at: 40) }
  }

  /// Paths and SHA-256 of everything a location holds but locks.
  fileprivate func listing(_ index: Int) throws -> [String] {
    let output = try Program.run(
      "/bin/sh", ["-c", "find . -type f ! -path './locks/*' ! -name '*.akiba-part' -exec sha256sum {} + | sort"], in: repositories[index])
    return output.text.split(separator: "\n").map(String.init)
  }
}

extension Program.Output {
  /// Paths of the objects that findings about this location name.
  fileprivate func paths(below location: String) throws -> Set<String> {
    Set(try findings().filter { $0["location"] as? String == location }.compactMap { $0["path"] as? String })
  }
}
