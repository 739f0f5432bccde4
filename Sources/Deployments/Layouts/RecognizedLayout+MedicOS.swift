import SystemPackage

extension RecognizedLayout {
  /// The persistent volume of a medic-os container, given `/srv`, `/srv/storage/medic-core` or a copy of the latter.
  ///
  /// Packages have their data in `storage/PACKAGE/SERVICE` and their settings in `settings/PACKAGE/SERVICE`.
  /// Source: medic/medic-os `README.md`, `platform/packages/medic-core`, `nginx.conf`, `scripts/…/setup/nginx-ssl`; cht-docs before
  /// 2025-08, `hosting/3.x/self-hosting.md`, section Backup.
  static func medicOS(_ folder: FilePath) throws -> RecognizedLayout? {
    let storage = folder.appending(path: "storage/medic-core")
    if try Place.isDataFolder(storage.appending(path: "couchdb/data")) { return try medicOS(root: folder, storage) }
    let isStorage = try folder.lastComponent?.string == "medic-core" || Place.isFolder(folder.appending("passwd"))
    guard isStorage, try Place.isDataFolder(folder.appending(path: "couchdb/data")) else { return nil }
    let isInPlace = folder.ends(with: "storage/medic-core")
    return try medicOS(root: isInPlace ? folder.removingLastComponent().removingLastComponent() : folder, folder)
  }

  private static func medicOS(root: FilePath, _ storage: FilePath) throws -> RecognizedLayout {
    var layout = RecognizedLayout(.medicOS, root)
    let settings = root.appending(path: "settings/medic-core")
    let places = [settings, storage].flatMap { ["couchdb/local.ini", "couchdb/local.d"].map($0.appending(path:)) }
    let found = try Place.present(places)
    layout.nodes = [Node(dataFolder: storage.appending(path: "couchdb/data"), settings: found)]
    layout.tls = try [settings, storage].map { $0.appending(path: "nginx/private") }.first { try Place.isFolder($0) }
      .map { TLS(folder: $0, certificate: "default.crt", key: "default.key") }
    // The rest of what its guide says to keep: SSH's host keys, the passwords of its services, and all settings.
    layout.extras = try Place.present([storage.appending("openssh"), storage.appending("passwd"), settings])
    if found.isEmpty { layout.notes.append("no 'local.ini' is there: the server's secret and uuid are not in this folder") }
    if layout.tls == nil { layout.notes.append("nginx's certificate ('settings/medic-core/nginx/private/default.crt') is not there") }
    layout.notes.append("CHT 3.x runs CouchDB 2.3.1 or older; CHT's migration guide leads from it to 4.x")
    return layout
  }
}
