import Deployments
import Primitives

/// What a kit says that the configuration, and the files it names, decide: the rest is keys and dates. Nothing is connected.
struct KitFacts {
  struct Scope {
    let hasCredentials: Bool
    /// Credentials in the environment differ with who asks.
    var asksEnvironment = true
  }

  /// What could not be learned of a location, and what to do.
  struct Gap {
    let location: String
    let text: String
    let hint: String
  }

  let deployment: String
  let project: String?
  let locations: [Kit.Location]
  let gaps: [Gap]

  init(_ configuration: Configuration, _ scope: Scope) {
    deployment = configuration.deployment.name
    project = configuration.docker?.project
    let learned = configuration.locations.map { KitLocationFacts($0, scope) }
    locations = learned.map(\.location)
    gaps = learned.flatMap(\.gaps)
  }

  /// Two kits with the same say the same of how to get at the locations.
  var fingerprint: String {
    let text = "\(deployment)\n\(project ?? "")\n" + locations.map { KitLocationText(location: $0).render() }.joined()
    return ContentID(hashing: Array(text.utf8)).hex
  }
}
