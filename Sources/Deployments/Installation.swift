/// What an installation is made of, as learned from Docker, `.env` and paths. It holds no secret: what is one appears as a fingerprint.
///
/// Part of the manifest and of what `akiba discover --json` prints. Whatever could not be learned is absent, and `notLearned` says why.
package struct Installation: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, CaseIterable, Sendable {
    case docker, folder
    case medicOS = "medic-os"
    case kubernetesVolume = "kubernetes-volume"
    case dataFolder = "data-folder"
  }

  package var kind: Kind
  /// The compose project, for example `cht`.
  package var project: String?
  package var engine: Engine?
  /// Of the image tags: `5.2.0`.
  package var chtVersion: String?
  package var couchDBVersion: String?
  package var services: [Service] = []
  /// Where each part was found, and why it is taken for that.
  package var parts: [Part] = []
  package var volumes: [Volume] = []
  package var networks: [String] = []
  /// Published by nginx: `0.0.0.0:443`.
  package var ports: [String] = []
  /// `CERTIFICATE_MODE`.
  package var certificateMode: String?
  package var certificate: Certificate?
  package var credentials: Credentials?
  package var upgrade: Upgrade?
  /// What is worth knowing and no fault.
  package var notes: [String] = []
  package var notLearned: [String] = []

  package init(kind: Kind, project: String? = nil) {
    self.kind = kind
    self.project = project
  }

  package struct Engine: Codable, Equatable, Sendable {
    /// `Docker` or `Podman`.
    package var name: String
    package var version: String
    /// `unix:///var/run/docker.sock`
    package var endpoint: String

    package init(name: String, version: String, endpoint: String) {
      self.name = name
      self.version = version
      self.endpoint = endpoint
    }
  }

  package struct Service: Codable, Equatable, Sendable {
    package var service: String
    package var container: String
    package var image: String
    package var tag: String?
    /// `sha256:…` of the image in its registry; `nil` for an image built here.
    package var digest: String?
    package var state: String

    package init(service: String, container: String, image: String, tag: String?, digest: String?, state: String) {
      self.service = service
      self.container = container
      self.image = image
      self.tag = tag
      self.digest = digest
      self.state = state
    }
  }

  package struct Part: Codable, Equatable, Sendable {
    package enum Role: String, Codable, Sendable {
      case data, compose, tls, extra
      case localD = "local-d"
      case upgradeService = "upgrade-service"
      case environment = "env"
    }

    package var role: Role
    package var path: String
    package var node: String?
    package var because: String

    package init(_ role: Role, _ path: String, node: String? = nil, because: String) {
      self.role = role
      self.path = path
      self.node = node
      self.because = because
    }
  }

  package struct Volume: Codable, Equatable, Sendable {
    package var name: String
    package var mountpoint: String
    /// What becomes of it: stored as what, or why not.
    package var use: String

    package init(name: String, mountpoint: String, use: String) {
      self.name = name
      self.mountpoint = mountpoint
      self.use = use
    }
  }

  package struct Certificate: Codable, Equatable, Sendable {
    package var subject: String
    package var issuer: String
    package var names: [String]
    package var notBefore: String
    package var notAfter: String
    package var daysLeft: Int
    package var isSelfSigned: Bool
    package var keyMatches: Bool?
    /// Of the certificate; public.
    package var sha256: String
    /// Whether nginx serves this one, if it was asked.
    package var isServed: Bool?

    package init(
      subject: String, issuer: String, names: [String], notBefore: String, notAfter: String, daysLeft: Int, isSelfSigned: Bool,
      keyMatches: Bool?, sha256: String, isServed: Bool? = nil
    ) {
      self.subject = subject
      self.issuer = issuer
      self.names = names
      self.notBefore = notBefore
      self.notAfter = notAfter
      self.daysLeft = daysLeft
      self.isSelfSigned = isSelfSigned
      self.keyMatches = keyMatches
      self.sha256 = sha256
      self.isServed = isServed
    }

    enum CodingKeys: String, CodingKey {
      case subject, issuer, names, sha256
      case notBefore = "not_before"
      case notAfter = "not_after"
      case daysLeft = "days_left"
      case isSelfSigned = "self_signed"
      case keyMatches = "key_matches"
      case isServed = "served"
    }
  }

  package struct Credentials: Codable, Equatable, Sendable {
    package var uuid: String?
    /// 16 hexadecimal digits; see `SecretFingerprint`.
    package var secretFingerprint: String?
    package var admins: [String]

    package init(uuid: String?, secretFingerprint: String?, admins: [String]) {
      self.uuid = uuid
      self.secretFingerprint = secretFingerprint
      self.admins = admins
    }

    enum CodingKeys: String, CodingKey {
      case uuid, admins
      case secretFingerprint = "secret_fingerprint"
    }
  }

  package struct Upgrade: Codable, Equatable, Sendable {
    /// Of the newest upgrade; `nil` if none is recorded.
    package var state: String?
    package var inProgress: Bool

    package init(state: String?, inProgress: Bool) {
      self.state = state
      self.inProgress = inProgress
    }

    enum CodingKeys: String, CodingKey {
      case state
      case inProgress = "in_progress"
    }
  }

  enum CodingKeys: String, CodingKey {
    case kind, project, engine, services, parts, volumes, networks, ports, certificate, credentials, upgrade, notes
    case chtVersion = "cht_version"
    case couchDBVersion = "couchdb_version"
    case certificateMode = "certificate_mode"
    case notLearned = "not_learned"
  }
}

extension Installation.Kind {
  /// For people.
  package var name: String {
    switch self {
    case .docker: "CHT on Docker"
    case .folder: "CHT, from its folder"
    case .medicOS: "CHT 3.x server (medic-os)"
    case .kubernetesVolume: "Kubernetes volume"
    case .dataFolder: "CouchDB data folder"
    }
  }
}
