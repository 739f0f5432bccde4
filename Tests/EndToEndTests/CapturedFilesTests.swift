import Foundation
import TestSupport
import Testing

/// Compose files, `.env`, certificates: stored byte for byte, wherever they really lie.
struct CapturedFilesTests {
  @Test func `a link to a file is followed, and the bytes it leads to are restored and proven`() throws {
    let outside = try TemporaryFolder()
    try Data("COUCHDB_USER=medic\n".utf8).write(to: outside.url.appending(path: "cht.env"))
    let captured = outside.url.appending(path: "upgrade-service")
    try FileManager.default.createDirectory(at: captured, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: captured.appending(path: ".env").path, withDestinationPath: "../cht.env")
    try FileManager.default.createSymbolicLink(atPath: captured.appending(path: "nowhere").path, withDestinationPath: "/does/not/exist")
    let deployment = try TestDeployment(
      copying: [Corpora.folder(Corpora.growth).appending(path: "day1")], options: ["--upgrade-service", captured.path])

    let output = try deployment.akiba(["backup"])
    let restored = try deployment.restore()

    #expect(output.status == 0, "\(output.standardError)")
    #expect(output.standardError.contains("nowhere"))
    let env = restored.appending(path: "cht/upgrade-service/.env")
    #expect(try FileManager.default.attributesOfItem(atPath: env.path)[.type] as? FileAttributeType == .typeRegular)
    #expect(try String(contentsOf: env, encoding: .utf8) == "COUCHDB_USER=medic\n")
    #expect(try deployment.akiba(["verify", "--restored", restored.path]).status == 0)
    try Data("COUCHDB_USER=other\n".utf8).write(to: env)
    #expect(try deployment.akiba(["verify", "--restored", restored.path]).status == 1)
  }

  @Test func `an extra folder lies in the snapshot where RECOVERY.md says`() throws {
    let outside = try TemporaryFolder()
    try Data("x".utf8).write(to: outside.url.appending(path: "Caddyfile"))
    let deployment = try TestDeployment(
      copying: [Corpora.folder(Corpora.growth).appending(path: "day1")], options: ["--extra", outside.path])
    try deployment.backup()

    let restored = try deployment.restore()

    let place = "cht/extra\(outside.path)"
    #expect(FileManager.default.fileExists(atPath: restored.appending(path: "\(place)/Caddyfile").path))
    #expect(
      try String(contentsOf: restored.appending(path: "akiba/RECOVERY.md"), encoding: .utf8).contains("`\(place)` → `\(outside.path)`"))
  }
}
