import Foundation
import TestSupport
import Testing

/// The hosts that discovery is tested on look as real CHT hosts do.
@Suite(.serialized, .enabled(if: HostEngine.docker.isPossible, "needs root and 'scripts/install-packages test'"))
struct CHTHostTests {
  private static let shared = Result { try CHTHost() }

  /// With a layout up for the time of the body.
  private func with(_ layouts: CHTLayout..., body: (CHTHost, [CHTInstallation]) throws -> Void) throws {
    let host = try Self.shared.get()
    defer { try? host.clear() }
    try body(host, try layouts.map { try host.bringUp($0) })
  }

  /// CHT's containers were made by a Compose that sees other paths than the host; the upgrade service by one that sees the same.
  private func expectWhatComposeMakes(_ host: CHTHost, _ cht: CHTInstallation, separator: String) throws {
    let couchDB = try host.inspect(cht.containers["couchdb"])
    let upgradeService = try host.inspect(cht.containers["cht-upgrade-service"])
    for (service, name) in cht.containers where service != "cht-upgrade-service" {
      #expect(name == [cht.project, service, "1"].joined(separator: separator))
    }
    #expect(upgradeService.Name == "/" + ["upgrade-service", "cht-upgrade-service", "1"].joined(separator: separator))
    #expect(couchDB.label("project") == cht.project && couchDB.label("service") == "couchdb")
    #expect(couchDB.label("project.working_dir") == "/docker-compose")
    #expect(couchDB.label("project.config_files")?.split(separator: ",").contains("/docker-compose/cht-core.yml") == true)
    #expect(try host.run(["test", "-e", "/docker-compose"]).status != 0)
    #expect(upgradeService.label("project.working_dir") == cht.folders.upgradeService)
    #expect(upgradeService.mount("/docker-compose")?.Source == cht.folders.compose)
    #expect(upgradeService.mount("/config")?.Source == cht.folders.upgradeService)
    #expect(upgradeService.Config.Image.hasSuffix("cht-upgrade-service:latest"))
    #expect(couchDB.mount("/opt/couchdb/etc/local.d")?.Name == cht.credentialsVolume)
    #expect(couchDB.mount("/opt/couchdb/data")?.Source == cht.folders.couchDB && holdsData(cht.folders.couchDB))
    #expect(couchDB.Config.Env?.contains("COUCHDB_VERSION=\(cht.layout.version.couchDB)") == true)
    #expect(couchDB.Config.Env?.contains("COUCHDB_PASSWORD=\(cht.planted.password)") == true)
    #expect(Array(couchDB.NetworkSettings.Networks.keys) == ["cht-net"])
  }

  @Test(arguments: [(CHTLayout.composeV1, "_"), (.clinic, "-")])
  func `names and labels are those that Compose makes`(_ layout: CHTLayout, _ separator: String) throws {
    try with(layout) { host, all in try expectWhatComposeMakes(host, all[0], separator: separator) }
  }

  @Test
  func `the guide's host has all containers, and every planted secret where it should be`() throws {
    try with(.guide) { host, all in
      let cht = all[0]
      let files = try [cht.folders.environmentFile, cht.folders.upgradeService + "/config.json", cht.credentialsFile, cht.keyFile]
        .map { try String(contentsOfFile: $0, encoding: .utf8) }

      try expectWhatComposeMakes(host, cht, separator: "-")
      #expect(cht.containers.count == 9)
      #expect(cht.secrets.count > 20 && cht.secrets.allSatisfy { $0.utf8.count >= 20 || $0.hasSuffix("=") })
      for secret in cht.secrets { #expect(files.contains { $0.contains(secret) }) }
      let owner = try FileManager.default.attributesOfItem(atPath: cht.credentialsFile)[.ownerAccountID] as? Int
      #expect(owner == 5984 && files[2].contains("uuid = \(cht.planted.uuid)\n"))
      #expect(try host.inspect(cht.containers["cadvisor"]).mount("/rootfs")?.Source == "/")
      #expect(try host.inspect(cht.containers["caddy"]).mount("/etc/caddy")?.Source == host.home + "/Caddyfile")
    }
  }

  @Test
  func `nginx serves the pair of the ssl volume, until it is stopped, removed or its engine stopped`() throws {
    try with(.small) { host, all in
      var cht = all[0]
      let served = try #require(try host.servedCertificate(port: 443))
      let nginx = try host.inspect(cht.containers["nginx"])
      #expect(try served == String(contentsOfFile: cht.certificateFile, encoding: .utf8))
      #expect(try subject(of: cht.certificateFile, host).contains("CN = cht.example.org"))
      #expect(try publicKey(ofKey: cht.keyFile, host) == publicKey(ofCertificate: cht.certificateFile, host))
      #expect(nginx.mount("/etc/nginx/private")?.Name == cht.sslVolume)
      #expect(nginx.HostConfig.PortBindings["443/tcp"]??.map(\.HostPort) == ["443"])
      #expect(nginx.State.Status == "running")

      try host.stopDaemon()
      #expect(try host.servedCertificate(port: 443) == nil && host.run(["docker", "ps"]).status != 0)
      #expect(FileManager.default.fileExists(atPath: cht.keyFile))
      try host.startDaemon()
      // `restart: always`
      try host.waitForNginx(of: cht)

      try host.stopNginx(of: cht)
      #expect(try host.inspect(cht.containers["nginx"]).State.Status == "exited")
      #expect(try host.servedCertificate(port: 443) == nil)

      let name = cht.containers["nginx"] ?? ""
      try host.removeNginx(of: &cht)
      #expect(try host.run(["docker", "inspect", name]).status != 0)
      #expect(FileManager.default.fileExists(atPath: cht.keyFile))
    }
  }

  @Test
  func `two projects of one host share their network only`() throws {
    try with(.small, .second) { host, all in
      let nodes = try all.map { try host.inspect($0.containers["couchdb"]) }

      #expect(nodes.map { $0.label("project") } == ["cht", "cht2"])
      #expect(nodes.allSatisfy { Array($0.NetworkSettings.Networks.keys) == ["cht-net"] })
      #expect(nodes.map { $0.mount("/opt/couchdb/data")?.Source } == all.map(\.folders.couchDB))
      #expect(Set(all.compactMap { $0.containers["cht-upgrade-service"] }).count == 2)
      #expect(Set(all.flatMap(\.volumeFolders.keys)).count == 4)
      for cht in all {
        #expect(try host.servedCertificate(port: cht.layout.httpsPort) == String(contentsOfFile: cht.certificateFile, encoding: .utf8))
      }
    }
  }

  @Test
  func `without COUCHDB_DATA the data are in a folder of the host's root, and the secret in the volume only`() throws {
    try with(.unsetData) { host, all in
      let cht = all[0]
      let mount = try host.inspect(cht.containers["couchdb"]).mount("/opt/couchdb/data")

      #expect(mount?.Source == "/docker-compose/srv" && cht.dataFolders == ["/docker-compose/srv"])
      #expect(try host.run(["test", "-e", "/docker-compose/srv/_dbs.couch"]).status == 0)
      #expect(!FileManager.default.fileExists(atPath: "/docker-compose"))
      #expect(try !String(contentsOfFile: cht.folders.environmentFile, encoding: .utf8).contains("COUCHDB_SECRET"))
      #expect(try String(contentsOfFile: cht.credentialsFile, encoding: .utf8).contains("\nsecret = "))
    }
  }

  @Test
  func `data may lie in a volume`() throws {
    try with(.namedVolumeData) { host, all in
      let mount = try host.inspect(all[0].containers["couchdb"]).mount("/opt/couchdb/data")

      #expect(mount?.Type == "volume" && mount?.Name == "cht_couchdb-data" && mount?.Source == all[0].dataFolders[0])
      #expect(holdsData(all[0].dataFolders[0]))
    }
  }

  @Test
  func `data may lie behind a link`() throws {
    try with(.symlinkedData) { host, all in
      let mount = try host.inspect(all[0].containers["couchdb"]).mount("/opt/couchdb/data")

      #expect(mount?.Source == all[0].folders.couchDB)
      #expect(URL(filePath: all[0].folders.couchDB).resolvingSymlinksInPath().path == all[0].dataFolders[0])
      #expect(holdsData(all[0].dataFolders[0]))
    }
  }

  @Test
  func `an edited .env names another folder than the container has`() throws {
    try with(.environmentDiffers) { host, all in
      let couchDB = try host.inspect(all[0].containers["couchdb"])
      let text = try String(contentsOfFile: all[0].folders.environmentFile, encoding: .utf8)

      #expect(couchDB.mount("/opt/couchdb/data")?.Source == all[0].folders.couchDB && holdsData(all[0].folders.couchDB))
      #expect(text.contains("COUCHDB_DATA=\(all[0].editedDataFolder)\n"))
    }
  }

  @Test
  func `a cluster has three data folders and one credentials volume`() throws {
    try with(.cluster) { host, all in
      let nodes = try (1...3).map { try host.inspect(all[0].containers["couchdb-\($0).local"]) }

      #expect(nodes.map { $0.mount("/opt/couchdb/data")?.Source } == all[0].dataFolders)
      #expect(nodes.map { $0.mount("/opt/couchdb/etc/local.d")?.Name } == [all[0].credentialsVolume, nil, nil])
      #expect(all[0].dataFolders.allSatisfy(holdsData))
    }
  }

  @Test(arguments: [CHTLayout.crashLoopingNginx, .crashLoopingNginxWithPair])
  func `nginx may be crash-looping`(_ layout: CHTLayout) throws {
    try with(layout) { host, all in
      let nginx = try host.inspect(all[0].containers["nginx"])
      let hasPair = FileManager.default.fileExists(atPath: all[0].certificateFile)

      #expect(nginx.RestartCount >= 2 && nginx.State.Status != "exited")
      #expect(hasPair == (layout.certificate == .unknownMode))
      #expect(try host.servedCertificate(port: 443) == nil)
    }
  }

  @Test
  func `nothing of a host is left`() throws {
    let host = try CHTHost()
    let (folder, name) = (host.folder, host.machine.name)
    _ = try host.bringUp(.unsetData)

    host.tearDown()

    #expect(!FileManager.default.fileExists(atPath: folder) && !FileManager.default.fileExists(atPath: "/docker-compose"))
    let left = try Program.run(
      "/bin/sh", ["-c", "grep -l \(name) /proc/[0-9]*/cmdline /proc/[0-9]*/mountinfo; find /sys/fs/cgroup -name '*\(name)*'"])
    // The search finds itself.
    #expect(left.text.split(separator: "\n").filter { !$0.contains("/proc/self") && !$0.hasSuffix("cmdline") }.isEmpty)
  }

  private func holdsData(_ folder: String) -> Bool {
    ["_dbs.couch", "shards"].allSatisfy { FileManager.default.fileExists(atPath: folder + "/" + $0) }
  }

  private func subject(of certificate: String, _ host: CHTHost) throws -> String {
    try host.run(["openssl", "x509", "-in", certificate, "-noout", "-subject"]).text
  }

  private func publicKey(ofCertificate file: String, _ host: CHTHost) throws -> String {
    try host.run(["openssl", "x509", "-in", file, "-noout", "-pubkey"]).text
  }

  private func publicKey(ofKey file: String, _ host: CHTHost) throws -> String {
    try host.run(["openssl", "pkey", "-in", file, "-pubout"]).text
  }
}

/// The same with Podman, which serves Docker's API.
@Suite(.enabled(if: HostEngine.podman.isPossible, "needs root and 'scripts/install-packages test'"))
struct PodmanHostTests {
  @Test
  func `Podman's containers look as Docker's`() throws {
    let host = try CHTHost(.podman)
    let cht = try host.bringUp(.guide)
    let couchDB = try host.inspect(cht.containers["couchdb"])

    #expect(couchDB.Name == "/cht-couchdb-1" && couchDB.label("project.working_dir") == "/docker-compose")
    #expect(couchDB.mount("/opt/couchdb/data")?.Source == cht.folders.couchDB)
    #expect(couchDB.mount("/opt/couchdb/etc/local.d")?.Name == cht.credentialsVolume)
    #expect(try host.servedCertificate(port: 443) == String(contentsOfFile: cht.certificateFile, encoding: .utf8))
  }
}
