import Foundation

extension CHTHost {
  /// Sets CHT up: folders, files and data, the upgrade service by Compose, and then CHT's own containers as the upgrade service does.
  ///
  /// Takes some seconds. Several layouts may be up at once if one of them is `second`.
  package func bringUp(_ layout: CHTLayout) throws -> CHTInstallation {
    let folders = CHTInstallation.Folders(home: home, cht: home + (layout.isSecond ? "/cht2" : "/cht"))
    let planted = CHTInstallation.Planted(project: layout.project)
    let data = dataFolders(of: layout, folders)
    try CHTImages(host: machine).load(images(of: layout))
    try writeFiles(layout, folders, planted, data: data)
    if layout.data != .unset && layout.data != .volume { try fill(data, of: layout) }

    let compose = try ComposeProgram(layout.compose, host: machine)
    try compose.upUpgradeService(in: folders.upgradeService)
    let upgradeService = try docker(
      "ps", "--quiet", "--filter", "ancestor=\(CHTVersion.upgradeServiceImage)", "--filter", "volume=\(folders.compose)")
    try compose.upCHT(project: layout.project, from: upgradeService, composeFolder: folders.compose)

    var installation = CHTInstallation(
      layout: layout, folders: folders, planted: planted, dataFolders: data, containers: [:], secrets: [], volumeFolders: [:])
    if layout.data == .unset || layout.data == .volume { try fill(data, of: layout) }
    try settle(&installation)
    try describe(&installation, upgradeService: upgradeService)
    if layout.nginx != .running { try stopNginx(of: installation) }
    if layout.nginx == .removed { try removeNginx(of: &installation) }
    if layout.isEnvironmentEdited { try editEnvironment(of: installation) }
    return installation
  }

  private func dataFolders(of layout: CHTLayout, _ folders: CHTInstallation.Folders) -> [String] {
    switch layout.data {
    case .folder: [folders.couchDB]
    case .link: [folder + "/mnt/ebs/couchdb"]
    case .unset: ["/docker-compose/srv"]
    case .volume: ["\(folder)/engine/volumes/\(layout.project)_couchdb-data/_data"]
    case .cluster: (1...3).map { folders.couchDB + "\($0)" }
    }
  }

  func images(of layout: CHTLayout) -> Set<String> {
    let hosters = layout.isSmall ? [] : ["caddy:2-alpine", "gcr.io/cadvisor/cadvisor:latest"]
    return Set(layout.services.map { layout.version.image($0) } + [CHTVersion.upgradeServiceImage] + hosters)
  }

  private func writeFiles(
    _ layout: CHTLayout, _ folders: CHTInstallation.Folders, _ planted: CHTInstallation.Planted, data: [String]
  ) throws {
    for path in [folders.compose + "/data/backup/2026-01-31T08:00:00.000Z-4711", folders.certificates, folders.upgradeService] {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    let upgrade = CHTUpgradeService(layout: layout)
    let named: [String] =
      switch layout.data {
      case .unset: []
      case .volume: ["couchdb-data"]
      case .link: [folders.couchDB]
      case .folder, .cluster: data
      }
    let files = CHTComposeFiles(layout: layout, hasLocalLogs: engine == .docker).compose(home: home)
    var texts = Dictionary(uniqueKeysWithValues: files.map { ("\(folders.compose)/\($0)", $1) })
    texts["\(folders.compose)/data/backup/2026-01-31T08:00:00.000Z-4711/cht-core.yml"] = files["cht-core.yml"]
    texts[folders.upgradeService + "/docker-compose.yml"] = upgrade.composeFile
    texts[folders.environmentFile] = upgrade.environmentFile(folders: folders, data: named, secrets: planted)
    texts[folders.upgradeService + "/config.json"] = #"{"auths": {"registry.example.org": {"auth": "\#(planted.registryToken)"}}}"#
    texts[home + "/Caddyfile"] = "metrics.example.org\nreverse_proxy cadvisor:8080\n"
    for (path, text) in texts { try Data(text.utf8).write(to: URL(filePath: path)) }
    if layout.data == .link {
      try FileManager.default.createDirectory(atPath: folder + "/mnt/ebs", withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: folders.couchDB, withDestinationPath: folder + "/mnt/ebs/couchdb")
    }
  }

  /// Data that CouchDB wrote. A cluster is the real one where the larger corpora are; else shards of one node are dealt out, and the shard map
  /// still names that node.
  private func fill(_ data: [String], of layout: CHTLayout) throws {
    let sources: [URL]
    if layout.data == .cluster, Corpora.large.contains("cluster-3.5") {
      let folder = try Corpora.folder("cluster-3.5")
      sources = (1...3).map { folder.appending(path: "data/srv\($0)") }
    } else {
      sources = try data.map { _ in try Corpora.folder(Corpora.growth).appending(path: "day1") }
    }
    for (source, target) in zip(sources, data) {
      try machine.bash(#"mkdir -p "$1"; cp -r "$0/." "$1"; chown -R 5984:5984 "$1""#, arguments: [source.path, target])
    }
    guard layout.data == .cluster, sources[0] == sources[1] else { return }
    for (number, target) in data.enumerated() {
      try machine.bash(
        #"cd "$1"; n=0; for range in $(ls shards); do [ $((n % 3)) = $0 ] || rm -rf shards/$range .shards/$range; n=$((n + 1)); done"#,
        arguments: ["\(number)", target])
    }
  }
}
