import CouchFormat
import Deployments
import Files
import Primitives
import SystemPackage

/// What a search found, and choosing one of it.
struct SearchResult {
  var deployments: [FoundDeployment]
  var findings: [Finding] = []
  var engines: [Installation.Engine] = []
  /// How the search was told where to look: with a space before each word.
  var options = ""

  /// What to type next, for each deployment.
  var nextCommands: [String] {
    deployments.map { found in
      let file = "/etc/akiba/\(found.name).yaml"
      let choice = deployments.count > 1 ? " --project \(found.name.asShellWord) --config \(file.asShellWord)" : ""
      return "akiba init\(choice)\(options) --to NAME=FOLDER"
    }
  }

  /// - Parameter project: if there are several.
  /// - Throws: `SearchError` if there is none, or more than one to choose from.
  func one(_ project: String?) throws -> FoundDeployment {
    let names = deployments.map(\.name)
    if let project {
      guard let found = deployments.first(where: { $0.name == project }) else {
        throw SearchError(
          summary: "no CHT project '\(project)' was found",
          hints: [names.isEmpty ? "'akiba discover' tells what was looked at" : "found: \(names.joined(separator: ", "))"])
      }
      return found
    }
    guard let first = deployments.first else { throw nothing }
    guard deployments.count == 1 else {
      throw SearchError(
        summary: "there are \(deployments.count) CHT projects on this host: \(names.joined(separator: ", "))",
        hints: nextCommands)
    }
    return first
  }

  var nothing: SearchError {
    var hints = findings.map { "\($0.message): \($0.remedy)" }
    if !engines.isEmpty {
      hints.append("no container of \(engines.map { "\($0.name) at \($0.endpoint)" }.joined(separator: ", ")) is one of CHT's")
    }
    let likely = Self.likelyFolders.filter { (try? FileMetadata.ifPresent($0)) != nil } + Self.foldersOfUsers
    hints += likely.isEmpty ? ["akiba discover --cht-dir FOLDER"] : likely.map { "akiba discover --cht-dir \($0.string.asShellWord)" }
    return SearchError(summary: "no CHT deployment was found", hints: hints)
  }

  private static let likelyFolders: [FilePath] = ["/root/cht", "/srv/storage/medic-core"]

  private static var foldersOfUsers: [FilePath] {
    let users = (try? Folder.entries(of: "/home"))?.map { FilePath("/home").appending($0.name).appending("cht") } ?? []
    return users.filter { (try? FileMetadata.ifPresent($0)) != nil }
  }
}

struct SearchError: Explainable {
  let summary: String
  let hints: [String]
}
