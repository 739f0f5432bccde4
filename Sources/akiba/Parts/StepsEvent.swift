/// What a person, or a program, does next.
struct StepsEvent: Encodable {
  enum Purpose: String, Encodable {
    /// Put a restored shard where CouchDB looks for it.
    case placeShard = "place-shard"
    /// Make a database known to CouchDB.
    case addDatabase = "add-database"
    case compare
    case remove
  }

  let type = "steps"
  let purpose: Purpose
  /// Lines of a shell.
  let commands: [String]
}

extension Console {
  func showSteps(_ purpose: StepsEvent.Purpose, _ title: String, _ commands: [String]) {
    emit(StepsEvent(purpose: purpose, commands: commands))
    say(title)
    for command in commands { say(command.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")) }
  }
}
