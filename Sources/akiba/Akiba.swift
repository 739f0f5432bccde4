import ArgumentParser

@main
struct Akiba: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "akiba")
  func run() async throws {}
}
