import ArgumentParser
import Benchmarking
import Files
import Foundation
import SystemPackage

struct PartsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parts",
    abstract: "Measure akiba's parts by themselves, on one core.",
    discussion: """
      Each is the median of five times, on a corpus' bytes in memory: proofs of CouchDB files, chunks, SHA-256, compression, sealing, packs, \
      index files, trees. At the end the index of a repository is loaded in processes of their own, with 1, 10 and 50 million blobs: time and \
      peak memory. A size for which memory or disk may not suffice is left out, and said.

      Examples: bench parts --filter sha
                bench parts --filter 'index load'
      """)

  private static let loads = [1_000_000, 10_000_000, 50_000_000]

  @OptionGroup var corpus: CorpusOptions

  @Option(help: ArgumentHelp("Only parts with this in their name.", valueName: "text"))
  var filter = ""

  @Option(help: ArgumentHelp("Where index files are put (default: the temporary folder); up to 3 GB.", valueName: "folder"))
  var scratch: String?

  func run() async throws {
    let parts = try corpus.withSeries { try PartsTable(&$0, filter: filter) }
    print("| part | one core |\n|------|----------|")
    try await parts.run { print($0) }
    let above = FilePath(scratch ?? FileManager.default.temporaryDirectory.path)
    for blobs in Self.loads {
      let name = "index load, \(blobs / 1_000_000) million blobs"
      if filter.isEmpty || name.contains(filter.lowercased()) { print("| \(name) | \(try load(blobs, above)) |") }
    }
  }

  private func load(_ blobs: Int, _ above: FilePath) throws -> String {
    if let obstacle = try IndexFolder.obstacle(blobs: blobs, scratch: above) { return "not measured: \(obstacle)" }
    let folder = above.appending("akiba-bench-index-\(UUID().uuidString)")
    try Folder.make(folder)
    let interruption = Interruption(removing: folder)
    defer {
      try? Folder.remove(folder)
      interruption.stop()
    }
    let index = folder.appending("repository").string
    _ = try OwnProcess.output(of: ["index-load", "--make", "\(blobs)", index])
    let load: IndexLoad = try OwnProcess.result(of: ["index-load", index])
    return "\(Wording.number(load.seconds)) s, peak \(Wording.megabytes(load.peakBytes)) MB"
  }
}

/// In a process of its own, so that its peak is that of nothing else.
struct IndexLoadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "index-load", abstract: "Make a repository of index files, or load its index; a part of 'parts'.")

  @Option(help: ArgumentHelp("Make it, with so many blobs; else it is loaded, and JSON says what that took.", valueName: "blobs"))
  var make: Int?

  @Argument(help: "The repository's folder.")
  var folder: String

  func run() async throws {
    let index = IndexFolder(FilePath(folder))
    if let make { return try await index.make(blobs: make) }
    print(String(decoding: try JSONEncoder().encode(try await index.load()), as: UTF8.self))
  }
}
