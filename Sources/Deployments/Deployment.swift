package import SystemPackage

/// One CHT installation as the configuration describes it: where its parts lie on this host.
package struct Deployment: Sendable {
  package let name: String
  package let nodes: [CouchNodeSource]
  package let folders: [CapturedFolder]
  package let indexes: IndexChoice
  package let freezeLast: [String]

  /// - Parameter freezeLast: databases that others consume, in the order they are frozen: after all other databases.
  package init(
    name: String, nodes: [CouchNodeSource], folders: [CapturedFolder] = [], indexes: IndexChoice = .keep,
    freezeLast: [String] = Deployment.defaultFreezeLast
  ) {
    self.name = name
    self.nodes = nodes
    self.folders = folders
    self.indexes = indexes
    self.freezeLast = freezeLast
  }

  /// Why a part is taken for what it is, if nothing but a person's word tells.
  package static let saidSo = "you named it"

  /// The one folder of this place.
  package func folder(_ place: CapturedFolder.Place) -> FilePath? { folders.first { $0.place == place }?.source }

  /// `medic-sentinel` and others keep checkpoints into `medic`; `medic-archive` receives what is then purged from `medic`.
  package static let defaultFreezeLast = ["medic", "medic-archive"]
}

/// One CouchDB node: its data folder and what belongs to it.
package struct CouchNodeSource: Sendable {
  /// The Erlang node name, for example `couchdb@127.0.0.1`. `nil`: found out from the shard map.
  package let name: String?
  /// The folder mounted as `/opt/couchdb/data`.
  package let dataFolder: FilePath
  /// The credentials volume, mounted as `/opt/couchdb/etc/local.d`.
  package let localD: FilePath?
  /// The settings file of servers that have no such volume: CHT 3.x.
  package let localINI: FilePath?

  package init(name: String? = nil, dataFolder: FilePath, localD: FilePath? = nil, localINI: FilePath? = nil) {
    self.name = name
    self.dataFolder = dataFolder
    self.localD = localD
    self.localINI = localINI
  }

  /// Where CouchDB reads its settings from, in its order; what comes later wins.
  package var settings: [FilePath] { [localINI, localD].compactMap { $0 } }
}

/// A folder or file that is stored byte for byte.
package struct CapturedFolder: Sendable {
  package let place: Place
  package let source: FilePath

  package init(place: Place, source: FilePath) {
    self.place = place
    self.source = source
  }

  /// Where in the snapshot it goes. An extra one keeps its whole path, so that two of one name do not meet.
  package var snapshotPath: String {
    place == .extra ? "\(place.snapshotPath)/\(source.string.drop { $0 == "/" })" : place.snapshotPath
  }

  package enum Place: String, CaseIterable, Sendable {
    case compose, upgradeService = "upgrade-service", extra, tls

    package var snapshotPath: String { self == .tls ? "tls" : "cht/\(rawValue)" }
  }
}

/// Whether view indexes are part of a snapshot. CouchDB can rebuild them, in hours to days.
package enum IndexChoice: String, Sendable {
  case keep
  case leaveOut = "leave-out"
}
