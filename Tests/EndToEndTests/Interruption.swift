import Foundation
import TestSupport
import Testing

/// Stopping programs in the middle of their work, at a place that can be told from outside.
extension TestDeployment {
  /// With a file of random bytes beside the data: enough packs for a run to be caught between two of them.
  static func large(megabytes: Int = 64, locations: [String] = ["first"], options: [String] = []) throws -> TestDeployment {
    let deployment = try growth(locations: locations, options: options)
    let file = deployment.folder.path("extra.bin")
    try Program.run("/bin/dd", ["if=/dev/urandom", "of=\(file)", "bs=1M", "count=\(megabytes)"])
    try deployment.editConfiguration { $0.replacing("extra: []", with: "extra: [\(file)]") }
    return deployment
  }

  func startRestic(_ arguments: [String], repository: Int = 0) throws -> Program.Running {
    try Program.start(
      "/usr/bin/env", ["restic", "--no-cache", "--repo", repositories[repository], "--password-file", workingKey] + arguments)
  }

  /// Starts a program and stops it (SIGSTOP) as soon as it holds a lock on the first location.
  func stopped(_ start: () throws -> Program.Running) throws -> Program.Running {
    let before = Set(locks())
    let running = try start()
    // Both programs write it under another name first.
    let hasLock = wait { locks().contains { !before.contains($0) && $0.count == 64 } }
    running.signal(SIGSTOP)
    try #require(hasLock, "no lock showed up")
    return running
  }

  /// Names of whole packs at a location.
  func packs(repository index: Int = 0) throws -> [String] {
    try URL(filePath: repositories[index]).appending(path: "data").filesBelow().filter { !$0.contains(".akiba-part") }
  }

  func listsNoUnfinishedFile(below folder: URL) throws -> Bool { try !folder.filesBelow().contains { $0.hasSuffix(".akiba-part") } }
}

/// kill -9 at random moments of one program's runs.
///
/// How long a run takes changes with what else the machine does, so the span that moments are taken from follows what is seen: about three of
/// four runs are killed, and the moments reach to their end.
struct RandomKills {
  let seed: UInt64
  private(set) var killed = 0
  private var random: SeededRandom
  /// In seconds.
  private var span: Double

  /// - Parameter span: about as long as a run takes, in seconds.
  init(seed: UInt64, span: Double) {
    self.seed = seed
    self.span = span
    random = SeededRandom(seed: seed)
  }

  mutating func kill(_ run: Program.Running) {
    usleep(UInt32.random(in: 0..<UInt32(max(0.01, span) * 1_000_000), using: &random))
    if run.isRunning {
      killed += 1
      span *= 1.1
    } else {
      span *= 0.75
    }
    run.signal(SIGKILL)
  }
}
