import ArgumentParser

/// The command line: one folder for the commands, each of which reads top to bottom.
struct Akiba: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "akiba",
    abstract: "Find a CHT deployment, back it up while it runs, restore it, and prove it.",
    discussion: """
      Every backup freezes all files at one moment and stores what is new in restic repositories; stock restic reads them.

      Exit codes: 0 done; 1 failed, or a proof or drill found errors; 2 a drill did not notice a planted fault; 3 done in part (a location failed, or the source has a finding); \
      10 no repository; 11 repository locked; 12 wrong key; 64 wrong usage; 130 interrupted.
      """,
    version: version,
    subcommands: [
      DiscoverCommand.self, InitCommand.self, DoctorCommand.self, BackupCommand.self, SyncCommand.self, SnapshotsCommand.self,
      PinCommand.self, RestoreCommand.self, VerifyCommand.self, CheckCommand.self, DrillCommand.self, RepairCommand.self, PruneCommand.self,
      ExportCommand.self, LocationsCommand.self, StatusCommand.self, KeyCommand.self, KitCommand.self,
    ])
}
