package import SystemPackage

/// What kind of installation lies in a folder, and where its parts are: by path alone, without Docker.
package struct RecognizedLayout: Hashable, Sendable {
  package enum Kind: String, Sendable {
    /// CHT 4 and 5 on Docker.
    case chtDirectory = "cht-directory"
    /// CHT 3 in one container; `/srv`.
    case medicOS = "medic-os"
    case kubernetesVolume = "kubernetes-volume"
    /// A CouchDB data folder and nothing that says whose.
    case dataFolder = "data-folder"
  }

  package let kind: Kind
  package let root: FilePath
  package var nodes: [Node] = []
  package var composeFolder: FilePath?
  /// The upgrade service's folder; or, where its files lie among others, those files.
  package var upgradeService: [FilePath] = []
  /// `.env`, wherever it lies.
  package var environmentFile: FilePath?
  package var missing: [Missing] = []
  /// The folder of nginx's certificate and key.
  package var tls: TLS?
  /// Folders and files worth keeping besides.
  package var extras: [FilePath] = []
  /// For people: what is odd, what is not seen from here.
  package var notes: [String] = []

  init(_ kind: Kind, _ root: FilePath) {
    self.kind = kind
    self.root = root
  }

  package struct Node: Hashable, Sendable {
    package let dataFolder: FilePath
    /// `local.ini` and `local.d`, in the order CouchDB reads them; whichever are there.
    package let settings: [FilePath]

    /// The credentials volume, if it is a folder.
    package var localD: FilePath? { settings.last { $0.lastComponent?.string == "local.d" || $0.lastComponent?.string == "_data" } }
  }

  package struct TLS: Hashable, Sendable {
    package let folder: FilePath
    package let certificate: String
    package let key: String
  }

  /// A data folder that `.env` names and that is none.
  package struct Missing: Hashable, Sendable {
    /// `DB3_DATA`
    package let variable: String
    package let folder: FilePath
    /// What is wrong with it, and what may be meant.
    package let problem: String
  }
}
