import ArgumentParser
import Benchmarking
import Files
import Foundation
import SystemPackage

/// Which bytes data folders are made of.
struct CorpusOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A 'tar.zst' of a CouchDB deployment at several moments (default: ../shared/corpora/series-3.5.tar.zst beside the project if it is there, with T0 to T4; else Tests/Corpora/growth-3.5.tar.zst, which has no T3 and T4).",
      valueName: "file"))
  var series: String?

  /// Unpacks the corpus into a folder for as long as `body` runs.
  func withSeries<Value>(_ body: (inout Series) throws -> Value) throws -> Value {
    let scratch = FilePath(FileManager.default.temporaryDirectory.path).appending("akiba-bench-corpus-\(UUID().uuidString)")
    let interruption = Interruption(removing: scratch)
    defer {
      try? Folder.remove(scratch)
      interruption.stop()
    }
    var series = try Series(unpacking: archive(), into: scratch)
    if series.states.count < SeriesState.allCases.count {
      let missing = SeriesState.allCases.filter { !series.states.contains($0) }.map(\.rawValue).joined(separator: ", ")
      Progress.say("corpus '\(series.name)' has no \(missing)")
    }
    return try body(&series)
  }

  private func archive() throws -> FilePath {
    if let series { return FilePath(series) }
    let candidates = Project.folders.flatMap { folder in
      [folder.appending("../shared/corpora/series-3.5.tar.zst"), folder.appending("Tests/Corpora/growth-3.5.tar.zst")]
    }
    guard let found = try candidates.first(where: { try FileMetadata.ifPresent($0) != nil }) else {
      throw BenchError("no corpus was found beside the project", hints: ["run from the project's folder, or name one with --series"])
    }
    return found
  }
}
