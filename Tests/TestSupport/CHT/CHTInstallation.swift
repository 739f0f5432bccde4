import Foundation

/// One CHT on a host, up as its layout says, and the facts that a tool should find out about it.
package struct CHTInstallation: Sendable {
  /// Where the person who set it up put things. The same paths inside and outside the host.
  package struct Folders: Sendable {
    /// As `/home/ubuntu`.
    package let home: String
    /// As `/home/ubuntu/cht`.
    package let cht: String

    package var compose: String { cht + "/compose" }
    package var upgradeService: String { cht + "/upgrade-service" }
    package var environmentFile: String { upgradeService + "/.env" }
    package var couchDB: String { cht + "/couchdb" }
    package var certificates: String { cht + "/certs" }
  }

  /// What was written into files for a search to find. One of a kind each, and with letters that take two bytes.
  package struct Planted: Sendable {
    package let password: String
    package let oldPassword: String
    package let secret: String
    package let registryToken: String
    /// Not a secret, but lost with the credentials volume if `.env` has none.
    package let uuid = UUID().uuidString.lowercased().replacing("-", with: "")

    init(project: String) {
      func words(_ kind: String) -> String { "SECRET-\(kind)-\(project)-éclair-\(UUID().uuidString.prefix(8).lowercased())-naïveté" }
      password = words("password")
      oldPassword = words("former")
      secret = words("session")
      registryToken = words("registry")
    }
  }

  package let layout: CHTLayout
  package let folders: Folders
  package let planted: Planted
  /// Folders with the nodes' data, first node first. In the layout without `COUCHDB_DATA` this is a path inside the host only.
  package let dataFolders: [String]
  /// Names of the containers by service, those that were removed left out. `cht-upgrade-service` is that of the upgrade service.
  package internal(set) var containers: [String: String]
  /// Passwords, keys and tokens of this installation wherever they are: none may show up in what a tool says.
  package internal(set) var secrets: [String]
  /// Folders of the volumes, by name.
  package internal(set) var volumeFolders: [String: String]

  package var project: String { layout.project }
  package var credentialsVolume: String { project + "_cht-credentials" }
  package var sslVolume: String { project + "_cht-ssl" }
  package var network: String { "cht-net" }
  /// Of the certificate in the ssl volume.
  package var commonName: String { project + ".example.org" }
  package var credentialsFile: String { (volumeFolders[credentialsVolume] ?? "") + "/cluster-credentials.ini" }
  package var certificateFile: String { (volumeFolders[sslVolume] ?? "") + "/cert.pem" }
  package var keyFile: String { (volumeFolders[sslVolume] ?? "") + "/key.pem" }
  /// What `.env` says since it was edited, in the layout where it was.
  package var editedDataFolder: String { folders.couchDB + "-new" }
}
