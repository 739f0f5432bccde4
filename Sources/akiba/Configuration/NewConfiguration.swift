import Deployments
import Files
import SystemPackage

/// A configuration that is not written yet, and is known to say what it is meant to say.
struct NewConfiguration {
  let configuration: Configuration
  private let text: String
  private let path: FilePath

  /// - Throws: `ConfigurationError` for what no backup may be made of, and for names that a text file cannot hold.
  init(_ found: FoundDeployment, keyFile: FilePath, locations: [Configuration.Location], path: FilePath) throws {
    self.path = path
    text = ConfigurationText(found: found, keyFile: keyFile, locations: locations, stateFolder: Configuration.usualState(path)).render()
    // Read back before it is written: what init writes, backup has to understand.
    do {
      configuration = try Configuration(text: text, path: path)
    } catch let error as ConfigurationError {
      // Nobody can look at that line yet.
      throw ConfigurationError(path: path, line: nil, problem: error.problem, hints: error.hints)
    }
    let meant = Self.paths(found.nodes, found.folders, locations, keyFile)
    let read = Self.paths(
      configuration.deployment.nodes, configuration.deployment.folders, configuration.locations, configuration.keyFile)
    guard let lost = meant.subtracting(read).first ?? read.subtracting(meant).first else { return }
    throw ConfigurationError(
      path: path, line: nil, problem: "\(lost.role) '\(lost.path)' cannot be written so that it is read back the same",
      hints: ["a text file holds only names in UTF-8: rename it, or name another path"])
  }

  func write() throws {
    try Folder.make(path.removingLastComponent())
    try DurableFile.write(Array(text.utf8), to: path)
  }

  private struct Part: Hashable {
    let role: String
    let path: FilePath
  }

  private static func paths(
    _ nodes: [CouchNodeSource], _ folders: [CapturedFolder], _ locations: [Configuration.Location], _ keyFile: FilePath
  ) -> Set<Part> {
    var parts = [("key file", keyFile)]
    for (index, node) in nodes.enumerated() {
      let number = "of node \(index + 1)"
      parts.append(("data \(number)", node.dataFolder))
      parts += [("local-d \(number)", node.localD), ("local-ini \(number)", node.localINI)].compactMap { role, path in
        path.map { (role, $0) }
      }
    }
    parts += folders.map { ($0.place.rawValue, $0.source) }
    parts += locations.map { ("location \($0.name)", FilePath($0.address)) }
    return Set(parts.map { Part(role: $0.0, path: $0.1.lexicallyNormalized()) })
  }
}
