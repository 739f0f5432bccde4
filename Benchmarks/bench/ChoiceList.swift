import ArgumentParser
import Benchmarking

/// Some of a few words, with commas between them; all of them if none is said.
struct ChoiceList<Choice: RawRepresentable & CaseIterable & Equatable & Sendable>: ExpressibleByArgument, Sendable
where Choice.RawValue == String {
  let chosen: [Choice]

  init() { chosen = Array(Choice.allCases) }

  init?(argument: String) {
    let words = argument.split(separator: ",").map(String.init)
    let chosen = words.compactMap(Choice.init(rawValue:))
    guard !chosen.isEmpty, chosen.count == words.count else { return nil }
    self.chosen = Choice.allCases.filter(chosen.contains)
  }

  var defaultValueDescription: String { chosen.map(\.rawValue).joined(separator: ",") }
}
