import Foundation
import Synchronization
import TestSupport

/// A process that does to a data folder what a busy CouchDB did: it replays the real bytes of a series of states.
///
/// From each state to the next, files that grew are appended to in random pieces with torn tails between them, files that were
/// compacted are swapped in by rename, indexes are reset to nothing and built again, databases are created and deleted, all
/// interleaved. What depends on something else comes after it, as in CouchDB: an index after its shard, the shard map after the
/// files of a new database and before the removal of an old one's.
final class ReplayedServer: Sendable {
  let folder: URL
  private let states: [URL]
  private let shouldStop = Atomic<Bool>(false)
  private let roundsEnded = Atomic<Int>(0)
  private let ended = DispatchSemaphore(value: 0)
  private let failure = Mutex<(any Error)?>(nil)
  /// All bytes each path ever had or was growing towards. What a backup takes of a file is the beginning of one of them.
  private let generations = Mutex<[String: [[UInt8]]]>([:])

  /// - Parameter states: data folders, oldest first; `folder` becomes a copy of the first.
  init(copying states: [URL], to folder: URL) throws {
    self.states = states
    self.folder = folder
    try Program.run("/bin/cp", ["-a", states[0].path, folder.path])
    for (path, bytes) in try Self.files(in: folder) { remember(bytes, path) }
  }

  /// Runs on a thread of its own: tests that wait for programs block the threads of tasks.
  ///
  /// - Parameters:
  ///   - pause: between two steps, in microseconds.
  ///   - rounds: of what is done meanwhile, each ended with `endRound`: all is replayed in the last one and not before, however slow they are.
  func start(seed: UInt64, pause: UInt32, rounds: Int) {
    Thread { [self] in
      do { try run(seed: seed, pause: pause, rounds: rounds) } catch { failure.withLock { $0 = error } }
      ended.signal()
    }.start()
  }

  func endRound() { roundsEnded.add(1, ordering: .relaxed) }

  func stop() throws {
    shouldStop.store(true, ordering: .relaxed)
    ended.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }

  /// Whether these bytes are the beginning of something the file really was.
  func wasOnce(_ bytes: [UInt8], at path: String) -> Bool {
    generations.withLock { ($0[path] ?? []).contains { $0.starts(with: bytes) } }
  }

  /// Plays all states, then goes on compacting and resetting until stopped.
  private func run(seed: UInt64, pause: UInt32, rounds: Int) throws {
    var random = SeededRandom(seed: seed)
    for (number, (before, after)) in zip(states, states.dropFirst()).enumerated() {
      var scripts = try transition(from: before, to: after, &random)
      let steps = scripts.reduce(0) { $0 + $1.steps.count }
      var done = 0
      while !scripts.isEmpty, !shouldStop.load(ordering: .relaxed) {
        let share = (Double(number) + Double(done) / Double(steps)) / Double(states.count - 1)
        guard share * Double(rounds) < Double(roundsEnded.load(ordering: .relaxed) + 1) else {
          usleep(1000)
          continue
        }
        try step(&scripts, &random)
        done += 1
        usleep(UInt32.random(in: 0...pause * 2, using: &random))
      }
    }
    while !shouldStop.load(ordering: .relaxed) {
      try compactSomething(&random)
      usleep(pause)
    }
  }

  // MARK: Scripts

  private enum Step {
    case append([UInt8])
    case swap([UInt8])
    case truncate
    case remove
  }

  private struct Script {
    let path: String
    var steps: [Step]
    let waitsFor: Set<String>
  }

  private func transition(from before: URL, to after: URL, _ random: inout SeededRandom) throws -> [Script] {
    let old = try Self.files(in: before)
    let new = try Self.files(in: after)
    var changes: [String: [Step]] = [:]
    for (path, bytes) in new {
      let known = old[path] ?? []
      if bytes.starts(with: known) {
        if bytes.count > known.count { changes[path] = Self.pieces(bytes[known.count...], &random) }
      } else {
        changes[path] = [.swap(bytes)]
      }
      if path.hasSuffix(".view"), changes[path] == nil, Int.random(in: 0..<4, using: &random) == 0 {
        changes[path] = [.truncate] + Self.pieces(bytes[...], &random)
      }
      if changes[path] != nil { remember(bytes, path) }
    }
    let created = Set(changes.keys.filter { old[$0] == nil && $0.hasSuffix(".couch") })
    for path in old.keys where new[path] == nil { changes[path] = [.remove] }
    return changes.map { path, steps in
      Script(path: path, steps: steps, waitsFor: Self.dependencies(of: path, isRemoval: new[path] == nil, created, Set(changes.keys)))
    }
  }

  private static func dependencies(of path: String, isRemoval: Bool, _ created: Set<String>, _ changed: Set<String>) -> Set<String> {
    if path == "_dbs.couch" { return created }
    if isRemoval, path.hasSuffix(".couch") { return changed.intersection(["_dbs.couch"]) }
    guard path.hasSuffix(".view"), let end = path.range(of: "_design/") else { return [] }
    return changed.intersection([String(path[..<end.lowerBound].dropFirst()) + ".couch"])
  }

  private static func pieces(_ bytes: ArraySlice<UInt8>, _ random: inout SeededRandom) -> [Step] {
    var rest = bytes
    var steps: [Step] = []
    while !rest.isEmpty {
      let piece = rest.prefix(Int.random(in: 1...6000, using: &random))
      steps.append(.append(Array(piece)))
      rest = rest.dropFirst(piece.count)
    }
    return steps
  }

  private func step(_ scripts: inout [Script], _ random: inout SeededRandom) throws {
    let open = Set(scripts.map(\.path))
    let ready = scripts.indices.filter { scripts[$0].waitsFor.isDisjoint(with: open) }
    guard let index = ready.randomElement(using: &random) else { throw Stuck(paths: open) }
    let step = scripts[index].steps.removeFirst()
    try perform(step, on: scripts[index].path)
    if scripts[index].steps.isEmpty { scripts.remove(at: index) }
  }

  private struct Stuck: Error { let paths: Set<String> }

  // MARK: What CouchDB does to files

  private func perform(_ step: Step, on path: String) throws {
    let url = folder.appending(path: path)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    switch step {
    case .append(let bytes): try append(bytes, to: url)
    case .swap(let bytes): try swapIn(bytes, for: url)
    case .truncate: truncate(url.path, 0)
    case .remove: try moveToTrash(url)
    }
  }

  private func append(_ bytes: [UInt8], to url: URL) throws {
    let descriptor = open(url.path, O_WRONLY | O_APPEND | O_CREAT, 0o644)
    defer { close(descriptor) }
    guard write(descriptor, bytes, bytes.count) == bytes.count else { throw POSIXError(.EIO) }
  }

  /// As CouchDB ends a compaction: the old file to `.delete/`, for a moment no file, then the new one under its name.
  private func swapIn(_ bytes: [UInt8], for url: URL) throws {
    let isView = url.pathExtension == "view"
    let data = isView ? url.deletingPathExtension().path + ".compact.view" : url.path + ".compact.data"
    for piece in stride(from: 0, to: bytes.count, by: 50_000) {
      try append(Array(bytes[piece..<min(bytes.count, piece + 50_000)]), to: URL(filePath: data))
    }
    let ready = isView ? data : url.path + ".compact"
    if !isView { rename(data, ready) }
    try moveToTrash(url)
    rename(ready, url.path)
  }

  private func moveToTrash(_ url: URL) throws {
    let trash = folder.appending(path: ".delete")
    try FileManager.default.createDirectory(at: trash, withIntermediateDirectories: true)
    let name = trash.appending(path: UUID().uuidString.replacing("-", with: "").lowercased()).path
    if rename(url.path, name) == 0 { unlink(name) }
  }

  /// When nothing is left to replay: the same bytes as a new file.
  private func compactSomething(_ random: inout SeededRandom) throws {
    let files = try Self.files(in: folder).filter { $0.key.hasPrefix("shards/") && $0.key.hasSuffix(".couch") }
    guard let (path, bytes) = files.sorted(by: { $0.key < $1.key }).randomElement(using: &random) else { return }
    try swapIn(bytes, for: folder.appending(path: path))
  }

  private func remember(_ bytes: [UInt8], _ path: String) {
    generations.withLock { generations in
      if !(generations[path] ?? []).contains(bytes) { generations[path, default: []].append(bytes) }
    }
  }

  /// Every CouchDB file below a data folder, by relative path.
  static func files(in folder: URL) throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where path.hasSuffix(".couch") || path.hasSuffix(".view") {
      guard !path.hasPrefix(".delete"), !path.contains(".compact"),
        let bytes = FileManager.default.contents(atPath: folder.appending(path: path).path)
      else { continue }
      files[path] = [UInt8](bytes)
    }
    return files
  }
}
