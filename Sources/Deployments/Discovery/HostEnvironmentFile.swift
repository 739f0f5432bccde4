import CouchFormat
import SystemPackage

/// `.env` of the upgrade service: where it lies, what it says, and whether the running system agrees with it.
struct HostEnvironmentFile {
  let path: FilePath
  /// Empty if it cannot be read or is refused; then `found` says so.
  private(set) var values: [String: String] = [:]

  /// Variables that name where a node's data lie, in the order of the nodes.
  static let clusterVariables = ["DB1_DATA", "DB2_DATA", "DB3_DATA"]
  static let dataVariable = "COUCHDB_DATA"

  /// How many nodes the variables of data folders speak of.
  static func nodes(in values: [String: String]) -> Int {
    clusterVariables.contains { values[$0]?.isEmpty == false } ? clusterVariables.count : 1
  }

  init(_ path: FilePath, reader: HostReader, into found: inout FoundDeployment) async {
    self.path = path
    let folder = path.removingLastComponent()
    switch await reader.file(path.lastComponent?.string ?? ".env", in: folder) {
    case .bytes(let bytes):
      do throws(EnvironmentFileError) {
        let file = try EnvironmentFile(bytes: bytes) { _ in nil }
        for variable in file.variables { values[variable.name] = variable.value }
        warnOfLostReferences(file, &found)
      } catch {
        found.fail(
          .environmentUnreadable, path.string, "'\(path)' cannot be read as Compose reads it: \(error.summary)",
          remedy: error.hints.first ?? "correct the line; it is stored byte for byte all the same")
      }
    case .missing:
      found.fail(
        .environmentUnreadable, path.string, "'\(path)' is not there: without it CHT cannot be started again",
        remedy: "look where the upgrade service's '.env' lies, and name that folder with --upgrade-service")
    case .refused(let reason):
      found.didNotLearn("what '.env' says: \(reason)")
    }
  }

  private func warnOfLostReferences(_ file: EnvironmentFile, _ found: inout FoundDeployment) {
    for variable in file.variables where variable.refersToUnset {
      found.warn(
        .environmentLosesText, path.string,
        "line \(variable.line): '\(variable.name)' has a '$' that Compose takes for a variable that is not set: a piece of the value is lost",
        remedy: "put the value in single quotes if the '$' is meant")
    }
  }

  /// The upgrade service hands its own environment to the containers, not the file: a change is not applied before it is started anew.
  func compare(with service: DockerContainer, into found: inout FoundDeployment) {
    let differing = values.filter { name, value in
      guard let applied = service.variable(name) else { return false }
      return applied != value
    }.keys.sorted()
    guard !differing.isEmpty else { return }
    found.warn(
      .environmentNotApplied, path.string,
      "'.env' was changed after the upgrade service was started; not in use yet: \(differing.joined(separator: ", "))",
      remedy: "'docker compose up --detach' in '\(path.removingLastComponent())' applies it and changes the running system")
  }

  /// Where this file says that a node's data lie. Relative paths start from a folder that exists only in the upgrade service's container, so
  /// that the engine makes them on the host's root.
  func intendedData(node index: Int, of count: Int) -> (variable: String, path: FilePath, isDefault: Bool) {
    let variable = count > 1 && index < Self.clusterVariables.count ? Self.clusterVariables[index] : Self.dataVariable
    let fallback = count > 1 ? "./srv\(index + 1)" : "./srv"
    let value = values[variable].flatMap { $0.isEmpty ? nil : $0 }
    let path = FilePath(value ?? fallback)
    let absolute = path.isAbsolute ? path : FilePath(UpgradeServiceFolders.composeInContainer).pushing(path)
    return (variable, absolute.lexicallyNormalized(), value == nil)
  }
}
