import Primitives
import SystemPackage
import Yams

/// Reads `kit.yaml`. Errors are a configuration's, for lack of a path.
struct KitReading {
  private static let keys = [
    "kit", "deployment", "project", "repository", "made", "made-by", "host", "configuration", "locations", "recovery-key",
    "recovery-key-check", "key", KitText.checksum,
  ]

  private let bytes: [UInt8]
  private let top: Section

  init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    let root = try Self.root(bytes)
    try Self.checkFormat(root)
    top = try Section(root, named: "the kit", in: "kit", keys: Self.keys)
  }

  func kit() throws -> Kit {
    let locations = try top.list("locations").map { try KitLocationReading($0).location() }
    guard !locations.isEmpty else { throw top.error("'locations' has no entry", at: "locations") }
    let kit = Kit(
      deployment: try top.text("deployment"), project: try top.textIfPresent("project"), repository: try id("repository"),
      made: try top.text("made"), version: try top.text("made-by"), host: try top.text("host"),
      configuration: try top.path("configuration"), locations: locations, recoveryKey: try top.text("recovery-key"), keyID: try id("key"))
    guard try top.text("recovery-key-check") == Kit.check(of: kit.recoveryKey) else {
      throw top.error("'recovery-key' does not fit 'recovery-key-check': a letter of one of them is wrong", at: "recovery-key")
    }
    try checkSeal()
    return kit
  }

  private static func root(_ bytes: [UInt8]) throws -> Node {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw problem("is not text") }
    do {
      if let root = try Yams.compose(yaml: text) { return root }
    } catch let error as YamlError {
      throw problem("not YAML: \(error.problem)", line: error.line)
    }
    throw problem("empty")
  }

  /// Before anything else: a later format may look quite different.
  private static func checkFormat(_ root: Node) throws {
    guard let node = root.mapping?["kit"] else { throw problem("'kit' is missing: this is no recovery kit") }
    guard let format = node.scalar.flatMap({ Int($0.string) }), format > 0 else {
      throw problem("'kit' has to be the number of the kit's format", line: node.mark?.line)
    }
    guard format > Kit.format else { return }
    throw ConfigurationError(
      path: "kit", line: node.mark?.line, problem: "it has format \(format), and this akiba \(Akiba.version) reads up to \(Kit.format)",
      hints: ["use the akiba that made it, or a newer one: 'made-by' says which", "its page says how stock restic restores"])
  }

  /// A kit without a checksum was edited by somebody who meant it.
  private func checkSeal() throws {
    guard let checksum = try top.textIfPresent(KitText.checksum) else { return }
    let ending = Array("\(KitText.checksum): \(checksum)\n".utf8)
    guard bytes.suffix(ending.count).elementsEqual(ending),
      ContentID(hashing: Array(bytes.dropLast(ending.count))).hex == checksum
    else {
      throw top.error(
        "it does not fit its checksum: it is damaged, or was edited", at: KitText.checksum,
        hints: ["use another copy of the kit", "if you edited it and know each line to be right, remove the line '\(KitText.checksum)'"])
    }
  }

  private func id(_ key: String) throws -> String {
    let text = try top.text(key)
    guard ContentID(hex: text) != nil else { throw top.error("'\(key)' has to be 64 hexadecimal digits", at: key) }
    return text
  }

  private static func problem(_ text: String, line: Int? = nil) -> ConfigurationError {
    ConfigurationError(path: "kit", line: line, problem: text)
  }
}
