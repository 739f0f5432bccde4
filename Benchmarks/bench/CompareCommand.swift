import ArgumentParser
import Benchmarking
import Files
import Foundation
import SystemPackage

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Measure akiba against restic, borg and rsync on the same data.",
    discussion: """
      For each shape (see 'bench make-data --help') rounds are run; each begins with a data folder in state T0 and empty repositories. Steps: \
      first (backup of T0), unchanged (again), day (T1, appended to), delta (the newest snapshot over a restored T0), compaction (backup of \
      T2), restore (the newest into an empty folder), check (all that is stored), proof (of the data folder, akiba only). Shape users has \
      the first two.

      In each step one tool runs after the other, in an order that rotates with the rounds. Before each run dirty pages are \
      written out, free memory is filled with page cache and the data folder is read: sources come from the page cache. What is done with \
      is emptied, and removed at the end. Shown are medians; ratios are medians of the ratios of each round. Peak is the largest process of \
      a tool. Restored folders are compared with the data folder, name by name and SHA-256 by SHA-256, in the last round.

      What is read of the source is counted by strace in one more round that is not timed.

      Tools: akiba as it is; restic with repository version 2 and its defaults; borg with repokey-blake2 and zstd,3; rsync --archive --delete.

      Tables go to standard output as Markdown, progress to standard error. Aims are reported, never enforced. The exit code is 1 if a run \
      failed or gave wrong results.

      Example: bench compare --size 300M --rounds 1 --shape many --tools akiba,restic --no-trace
      """)

  @OptionGroup var corpus: CorpusOptions

  @Option(help: ArgumentHelp("How large state T0 of the shapes many and large is, about: 300M, 2G.", valueName: "bytes"))
  var size = ByteCount(2_000_000_000)

  @Option(help: ArgumentHelp("How many files shape users has, about.", valueName: "count"))
  var files = 50_000

  @Option(help: ArgumentHelp("How many rounds.", valueName: "count"))
  var rounds = 3

  @Option(help: ArgumentHelp("Some of many,large,users.", valueName: "list"))
  var shape = ChoiceList<Shape>()

  @Option(help: ArgumentHelp("Some of akiba,restic,borg,rsync.", valueName: "list"))
  var tools = ChoiceList<ToolName>()

  @Option(help: ArgumentHelp("Some of first,unchanged,day,delta,compaction,restore,check,proof; first is always done.", valueName: "list"))
  var steps = ChoiceList<Step>()

  @Option(
    help: ArgumentHelp("Where to work, on the disk to measure (default: the temporary folder); about 6 times --size.", valueName: "folder"))
  var scratch: String?

  @Option(help: ArgumentHelp("The akiba to measure (default: the one beside bench).", valueName: "file"))
  var akiba: String?

  @Option(help: ArgumentHelp("Also write every single figure to this file.", valueName: "file"))
  var json: String?

  @Flag(inversion: .prefixedNo, help: "One more round under strace, to count what is read and opened.")
  var trace = true

  func validate() throws {
    if rounds < 1 { throw ValidationError("--rounds has to be 1 or more") }
    if files < 1 { throw ValidationError("--files has to be 1 or more") }
  }

  func run() throws {
    let akiba = FilePath(akiba ?? Project.program.removingLastComponent().appending("akiba").string)
    let above = FilePath(scratch ?? FileManager.default.temporaryDirectory.path)
    try Folder.make(above)
    try Room.check(above, shapes: shape.chosen, size: size.bytes, files: files)
    let folder = try above.resolved().appending("akiba-bench-\(UUID().uuidString)")
    try Folder.make(folder)
    let interruption = Interruption(removing: folder)
    defer {
      fflush(nil)
      Progress.say("removing what was made …")
      try? Folder.remove(folder)
      interruption.stop()
    }
    let options = Comparison.Options(
      tools: tools.chosen, steps: Set(steps.chosen), rounds: rounds, isTracing: trace, akiba: akiba, scratch: folder)
    let versions = try ToolVersions.read(of: tools.chosen, akiba: akiba, withStrace: trace)
    var comparison = Comparison(
      options, advance: { try advance($0, to: $1, in: $2, scratch: folder) }, measureLimits: { try limits(of: $0, scratch: folder) })
    print(heading(versions))
    for shape in shape.chosen {
      try comparison.run(shape)
      print("\n" + ComparisonTable(comparison.results, shape).text)
      // An interrupt later on does not take away what is there.
      fflush(nil)
    }
    try finish(comparison.results, versions)
  }

  private func finish(_ measured: Results, _ versions: [String: String]) throws {
    var results = measured
    results.versions = versions
    if let limits = LimitsText(results).text { print("\n" + limits) }
    print("\n" + Aims(results).text)
    if let json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      try encoder.encode(results).write(to: URL(filePath: json))
    }
    for run in results.failures {
      Progress.say("error: \(run.shape.rawValue) round \(run.round), \(run.step.title), \(run.tool.rawValue): \(run.failure ?? "")")
    }
    if !results.failures.isEmpty { throw ExitCode.failure }
  }

  private func heading(_ versions: [String: String]) -> String {
    """
    # Comparison

    \(rounds) rounds; \(ProcessInfo.processInfo.activeProcessorCount) cores, \
    \(Wording.number(Double(ProcessInfo.processInfo.physicalMemory) / 1e9)) GB of memory; sources in the page cache. \
    \(versions.sorted { $0.key < $1.key }.map(\.value).joined(separator: "; ")).
    """
  }

  // MARK: What runs in a process of its own

  private func advance(_ shape: Shape, to state: SeriesState, in folder: FilePath, scratch: FilePath) throws -> FolderChanges {
    var arguments = ["make-data", "--json", "--shape", shape.rawValue, "--state", state.rawValue, "--size", "\(size.bytes)"]
    arguments += ["--files", "\(files)"] + (corpus.series.map { ["--series", $0] } ?? []) + [folder.string]
    return try OwnProcess.result(of: arguments, scratch: scratch)
  }

  private func limits(of data: FilePath, scratch: FilePath) throws -> MachineLimits {
    try OwnProcess.result(of: ["limits", "--data", data.string, "--scratch", scratch.string])
  }
}
