import Foundation
import TestSupport
import Testing

extension TestDeployment {
  static func growth(_ day: String = "day1", locations: [String] = ["first"], options: [String] = []) throws -> TestDeployment {
    try TestDeployment(copying: [Corpora.folder(Corpora.growth).appending(path: day)], locations: locations, options: options)
  }

  /// The snapshot of a `backup` event is marked in the list, in words and in JSON.
  func expectMarked(_ event: [String: Any]) throws {
    let id = try #require(event["snapshot"] as? String)
    let line = try #require(try akiba(["snapshots"]).text.split(separator: "\n").first { $0.hasPrefix(id.prefix(8)) })
    #expect(line.contains("MARKED"))
    let listed = try akiba(["snapshots", "--json"]).objects().first { $0["id"] as? String == id }
    #expect(listed?["marked"] as? Bool == true)
  }

  /// With a credentials volume and an upgrade service's folder whose secrets are easy to look for.
  static func withCredentials(locations: [String] = ["first"], options: [String] = []) throws -> TestDeployment {
    let deployment = try TestDeployment(
      copying: [Corpora.folder("odd-3.5.2").appending(path: "data")], locations: locations, options: options)
    for (path, text) in [("local.d/docker.ini", PlantedSecrets.ini), ("upgrade/.env", PlantedSecrets.env)] {
      let file = deployment.folder.url.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    try deployment.editConfiguration { text in
      text.replacing(
        "    # local-d: /var/lib/docker/volumes/cht_cht-credentials/_data", with: "    local-d: \(deployment.folder.path("local.d"))"
      )
      .replacing("  # upgrade-service: FOLDER", with: "  upgrade-service: \(deployment.folder.path("upgrade"))")
    }
    return deployment
  }

  func editConfiguration(_ change: (String) -> String) throws {
    let text = try String(contentsOfFile: configuration, encoding: .utf8)
    let changed = change(text)
    try #require(changed != text, "nothing was changed in \(text)")
    try Data(changed.utf8).write(to: URL(filePath: configuration))
  }
}

/// Made up for these tests.
enum PlantedSecrets {
  static let password = "Zanzibar-Planted-Password-4711"
  static let secret = "c0ffee00planted00cookie00secret0"
  static let ini = "[admins]\nmedic = \(password)\n[couchdb]\nuuid = 0123\n[chttpd_auth]\nsecret = \(secret)\n"
  static let env = "COUCHDB_USER=medic\nCOUCHDB_PASSWORD=\(password)\nCOUCHDB_SECRET=\(secret)\n"
}
