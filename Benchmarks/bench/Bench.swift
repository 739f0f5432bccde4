import ArgumentParser

struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure akiba: against other tools, and its parts by themselves.",
    discussion: """
      Data folders are made from real CouchDB bytes: the corpus of tests, multiplied so that no tool can deduplicate the copies.

      Examples: bench compare --size 2G --rounds 3
                bench parts --filter sha
                bench make-data --shape many --state T0 --size 2G /srv/scratch/couchdb
      """,
    subcommands: [CompareCommand.self, PartsCommand.self, MakeDataCommand.self, LimitsCommand.self, IndexLoadCommand.self])
}
