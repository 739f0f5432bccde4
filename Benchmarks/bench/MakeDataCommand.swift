import ArgumentParser
import Benchmarking
import Foundation
import SystemPackage

struct MakeDataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make-data",
    abstract: "Make a CouchDB data folder from a corpus, or take one to a later state in place.",
    discussion: """
      The folder is one that CouchDB could have written: 'akiba verify --data FOLDER' proves it. No two copies of a file are alike: each has \
      tags in padding that nobody reads.

      Shapes: many   the corpus' deployment over and over; copy 3 of database 'medic' is called 'c3/medic'
              large  the corpus' databases, in files with dead bytes before the newest header; T0, T1 and T2 only
              users  one small database for each of many users, and nothing else

      States: T0 loaded; T1 appended to; T2 compacted; T3 appended to again, one database new, one gone; T4 indexes of a changed design \
      document, some of them truncated and written anew in place.

      Taken to a later state, what is the same keeps its inode and time, what grew is appended to, what CouchDB compacted is a new file \
      under the old name. What the folder holds is kept beside it in FOLDER.state; a folder that bench did not make is refused.
      """)

  @OptionGroup var corpus: CorpusOptions

  @Option(help: "many, large or users.")
  var shape = Shape.many

  @Option(help: "T0, T1, T2, T3 or T4.")
  var state = SeriesState.loaded

  @Option(help: ArgumentHelp("How large state T0 is, about: 300M, 2G. Not for shape users.", valueName: "bytes"))
  var size = ByteCount(2_000_000_000)

  @Option(help: ArgumentHelp("How many files shape users has, about.", valueName: "count"))
  var files = 50_000

  @Flag(help: "Write what was done as a JSON object.")
  var json = false

  @Argument(help: "The folder: empty, new, or made by this command.")
  var folder: String

  func validate() throws {
    if files < 1 { throw ValidationError("--files has to be 1 or more") }
  }

  func run() throws {
    let changes = try corpus.withSeries { series in
      try GeneratedFolder(FilePath(folder)).advance(to: state, shape, of: &series, size: size.bytes, fileCount: files)
    }
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      print(String(decoding: try encoder.encode(changes), as: UTF8.self))
    } else {
      print(
        "\(folder): \(shape.rawValue) \(state.rawValue), \(changes.files) files, \(Wording.megabytes(changes.bytes)) MB; "
          + "\(changes.created) new, \(changes.grown) grown, \(changes.replaced) replaced, \(changes.reset) reset, "
          + "\(changes.removed) removed, \(changes.untouched) untouched")
    }
  }
}

extension Shape: ExpressibleByArgument {}
extension SeriesState: ExpressibleByArgument {}
