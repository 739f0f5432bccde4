import SystemPackage

extension RecognizedLayout {
  /// The volume of a claim: `local.d` beside the data, whose place on it can be chosen.
  ///
  /// Source: medic/cht-core `scripts/build/helm/templates/couchdb/deployment.yaml`, `dataPathOnDiskForCouchDB`.
  static func kubernetesVolume(_ folder: FilePath) throws -> RecognizedLayout? {
    let localD = folder.appending(path: "local.d")
    guard try Place.isFolder(localD) else { return nil }
    let places = ["data", "storage/medic-core/couchdb/data"].map { folder.appending(path: $0) }
    let data = try places.filter { try Place.isDataFolder($0) }
    guard let first = data.first else { return nil }
    var layout = RecognizedLayout(.kubernetesVolume, folder)
    layout.nodes = [Node(dataFolder: first, settings: [localD])]
    layout.extras = try Place.present([folder.appending(path: "storage/medic-core/passwd"), folder.appending(path: "settings/medic-core")])
    layout.notes.append("this is one node's volume: a cluster has one for each, and all of them belong into one backup")
    layout.notes.append("on Kubernetes the certificate is the ingress's, and the configuration is in Helm's values: keep those, too")
    if data.count > 1 {
      layout.notes.append("'\(data[1])' holds CouchDB data, too: which is in use, dataPathOnDiskForCouchDB in Helm's values tells")
    }
    return layout
  }
}
