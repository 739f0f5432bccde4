import Primitives
import SystemPackage

/// What a person needs when the server is gone: where the locations are, how to get there, and the recovery key.
struct Kit: Sendable, Equatable {
  /// Of `kit.yaml`.
  static let format = 1
  static let fileName = "kit.yaml"

  let deployment: String
  /// The compose project.
  var project: String?
  /// 64 hexadecimal digits, the same at all locations.
  let repository: String
  /// RFC 3339.
  let made: String
  /// Of the Akiba that made it.
  let version: String
  /// The host it was made on, and its configuration.
  let host: String
  let configuration: FilePath
  let locations: [Location]
  let recoveryKey: String
  /// The key that the recovery key opens, as `akiba key list` shows it.
  let keyID: String

  /// One place that keeps snapshots, with all that another host needs to read it, but for a private ssh key.
  struct Location: Sendable, Equatable {
    /// Name, place, medium, site. It names no file of the host that made the kit.
    let location: Configuration.Location
    var credentials: Credentials?
    /// PEM, instead of the system's authorities.
    var authority: String?
    var ssh: SSH?
    /// Whether the recovery key opened it when the kit was made; else why not.
    var opening: Opening = .opened

    var name: String { location.name }
  }

  /// Nothing describes itself with the secret in it.
  enum Credentials: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    case s3(accessKey: String, secret: String)
    case rest(user: String, password: String)
    /// It needs some, and they are kept elsewhere.
    case leftOut

    var description: String { "credentials" }
    var customMirror: Mirror { Mirror(self, children: []) }
  }

  struct SSH: Sendable, Equatable {
    /// A `Host` block of an ssh configuration.
    let configuration: String
    /// Empty: not known.
    let knownHosts: String
    /// Private keys that let in the host that made the kit, none of which is in it: file and fingerprint.
    let keys: [String]
  }

  enum Opening: Sendable, Equatable {
    case opened
    case failed(String)
  }

  /// Shows a typing error in the recovery key: what `sha256sum` says first of its file.
  static func check(of recoveryKey: String) -> String { ContentID(hashing: Array("\(recoveryKey)\n".utf8)).short }

  /// - Throws: `KitError` for a name that none has.
  func location(named name: String) throws -> Location {
    guard let location = locations.first(where: { $0.name == name }) else {
      throw KitError(summary: "no location '\(name)' in the kit", hints: ["it has: \(locations.map(\.name).joined(separator: ", "))"])
    }
    return location
  }
}

extension Kit: CustomStringConvertible, CustomReflectable {
  var description: String { "kit of '\(deployment)', made \(made)" }
  var customMirror: Mirror { Mirror(self, children: []) }
}

struct KitError: Explainable {
  let summary: String
  var hints: [String] = []
}
