import ArgumentParser
import Benchmarking
import Foundation
import SystemPackage

struct LimitsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract: "Measure what one core and the disk can do with a data folder's bytes; a part of 'compare'.",
    discussion: "Writes JSON: bytes a second of reading, SHA-256, zstd, sealing, opening again, writing with fsync, reading with O_DIRECT.")

  @Option(help: ArgumentHelp("A data folder.", valueName: "folder"))
  var data: String

  @Option(help: ArgumentHelp("A folder on the disk to measure; half a GB is written and removed.", valueName: "folder"))
  var scratch: String

  func run() throws {
    let limits = try MachineLimits.measure(data: FilePath(data), scratch: FilePath(scratch))
    print(String(decoding: try JSONEncoder().encode(limits), as: UTF8.self))
  }
}
