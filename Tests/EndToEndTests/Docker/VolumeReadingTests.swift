import Foundation
import TestSupport
import Testing

/// What a user of Docker's group may not read, the engine reads: single files, subfolders, and what links lead to.
@Suite(.serialized, .enabled(if: HostEngine.docker.isPossible, "needs root and 'scripts/install-packages test'"))
struct VolumeReadingTests {
  private static let shared = Result { try CHTHost() }

  private func with(_ layout: CHTLayout, body: (HostedDeployment) throws -> Void) throws {
    let host = try Self.shared.get()
    defer { try? host.clear() }
    try body(try HostedDeployment(host, try host.bringUp(layout)))
  }

  private func expect(_ restored: URL, _ path: String, holds source: String) throws {
    let attributes = try FileManager.default.attributesOfItem(atPath: restored.appending(path: path).path)
    #expect(attributes[.type] as? FileAttributeType == .typeRegular, "\(path)")
    #expect(try Data(contentsOf: restored.appending(path: path)) == Data(contentsOf: URL(filePath: source)), "\(path)")
  }

  @Test func `a file and a subfolder that are another user's come through the engine`() throws {
    try with(.small) { hosted in
      let folders = hosted.cht.folders
      try hosted.host.machine.bash(
        """
        chmod 600 \(folders.environmentFile)
        mkdir -p \(folders.compose)/private/inner
        echo hidden >\(folders.compose)/private/inner/file.yml
        chmod 700 \(folders.compose)/private
        """)
      try hosted.initialise(user: .docker)
      #expect(try hosted.run(["cat", folders.environmentFile], user: .docker).status != 0, "the file can be read, so this tests nothing")

      let event = try hosted.backup(user: .docker)
      let restored = try hosted.resticRestore()

      #expect(event["trusted"] as? Bool == true)
      try expect(restored, "cht/upgrade-service/.env", holds: folders.environmentFile)
      try expect(restored, "cht/upgrade-service/docker-compose.yml", holds: folders.upgradeService + "/docker-compose.yml")
      try expect(restored, "cht/compose/private/inner/file.yml", holds: folders.compose + "/private/inner/file.yml")
      try expect(restored, "cht/compose/cht-core.yml", holds: folders.compose + "/cht-core.yml")
    }
  }

  @Test(arguments: [HostedDeployment.User.docker, .root])
  func `a certificate that is a link is stored as the file that nginx reads`(_ user: HostedDeployment.User) throws {
    try with(.small) { hosted in
      let volume = try #require(hosted.cht.volumeFolders[hosted.cht.sslVolume])
      try hosted.host.machine.bash(
        """
        cd \(volume)
        mkdir live
        mv cert.pem key.pem live
        ln -s live/cert.pem cert.pem
        ln -s /etc/nginx/private/live/key.pem key.pem
        """)
      try hosted.initialise(user: user)

      let event = try hosted.backup(user: user)
      let restored = try hosted.resticRestore()

      #expect(event["trusted"] as? Bool == true)
      let installation = event["installation"] as? [String: Any]
      #expect((installation?["certificate"] as? [String: Any])?["key_matches"] as? Bool == true)
      for name in ["cert.pem", "key.pem", "live/key.pem"] {
        try expect(restored, "tls/\(name)", holds: "\(volume)/live/\(name.split(separator: "/").last ?? "")")
      }
    }
  }

  @Test func `a link that leads to nothing the engine has is an error`() throws {
    try with(.small) { hosted in
      let volume = try #require(hosted.cht.volumeFolders[hosted.cht.sslVolume])
      try hosted.host.machine.bash("ln -s /nowhere/chain.pem \(volume)/chain.pem")
      try hosted.initialise(user: .docker)

      let output = try hosted.akiba("backup", "--json", user: .docker)
      let findings = try output.objects().filter { $0["file"] as? String == "tls/chain.pem" }

      #expect(findings.map { $0["severity"] as? String } == ["error"])
      #expect((findings.first?["message"] as? String)?.contains("is a link to '/nowhere/chain.pem'") == true)
    }
  }
}
