import Foundation
import TestSupport
import Testing

/// What a configuration may say of locations, drives that are carried away, and what `status` makes of it.
struct LocationsTests {
  private func deployment(_ settings: String = "") throws -> TestDeployment {
    let deployment = try TestDeployment.withCredentials(locations: ["usb", "nas"])
    try deployment.editConfiguration { $0.replacing("  - name: nas\n", with: "  - name: nas\n    medium: nas\n    off-site: yes\n") }
    guard !settings.isEmpty else { return deployment }
    try deployment.editConfiguration { $0.replacing("  - name: usb\n", with: "  - name: usb\n\(settings)") }
    return deployment
  }

  private func status(_ deployment: TestDeployment, _ arguments: String...) throws -> (code: Int32, events: [[String: Any]]) {
    let output = try deployment.akiba(["status", "--json"] + arguments)
    return (output.status, try output.objects())
  }

  // MARK: Configuration

  @Test(arguments: [
    ("off-site: perhaps", "'off-site' is 'perhaps'; it can be 'yes' or 'no'"),
    ("bandwidth: 2 MB/s", "'bandwidth' means nothing for a location with 'path'"),
    ("back-within: 3 days", "'back-within' is for a location with 'removable: yes'"),
    ("removable: yes\n    back-within: soon", "'back-within' is 'soon'; it is written like '7 days'"),
    ("sftp: host:/x", "a location needs one of 'path', 'sftp', 's3' and 'rest', and only one"),
    ("credentials: /x", "'credentials' means nothing for a location with 'path'"),
    ("colour: red", "unknown key 'colour' in a location"),
  ])
  func `a setting that cannot be meant is refused with its line`(_ setting: String, _ problem: String) throws {
    let deployment = try deployment("    \(setting)\n")

    let output = try deployment.akiba(["locations"])

    #expect(output.status == 1)
    #expect(output.standardError.contains("error: line ") && output.standardError.contains(problem), "\(output.standardError)")
  }

  @Test(arguments: [
    ("sftp:nobody", "is not an SFTP address"),
    ("sftp:-oProxyCommand=x:/y", "is not an SFTP address"),
    ("s3:https://host", "it names no bucket"),
    ("s3:ftp://host/bucket", "it does not begin with 'https://'"),
    ("rest:host:8000", "is not the address of a REST server"),
    ("rest:https://me:hunter2@host:8000/", "with a user or password in it"),
    ("s3:https://me:hunter2@host/bucket", "keys belong into the location's credentials"),
    ("s3:https://host/bucket,region=x,addressing=odd", "'addressing' is 'odd'"),
    ("s3:https://host/bucket,ssh-config=/x", "'ssh-config' means nothing for 's3'"),
    ("sftp:host:/x,bandwidth=fast", "'bandwidth' is 'fast'; it is written like '2 MB/s'"),
    ("sftp:host:/x,bandwidth=0 MB/s", "'bandwidth' is '0 MB/s'"),
    ("sftp:host:/x,bandwidth=99999999999999 MB/s", "'bandwidth' is '99999999999999 MB/s'"),
  ])
  func `init refuses an address that cannot be meant, and repeats no password`(_ place: String, _ problem: String) throws {
    let folder = try TemporaryFolder()
    let data = try Corpora.folder(Corpora.bundled[0]).appending(path: "data").path

    let output = try Akiba.run(
      ["init", "--data", data, "--to", "place=\(place)"], environment: ["AKIBA_CONFIG": folder.path("akiba.yaml")])

    #expect(output.status == 1 && output.standardError.contains(problem), "\(output.standardError)")
    #expect(!output.standardError.contains("hunter2") && !output.text.contains("hunter2"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("akiba.yaml")))
  }

  @Test func `settings behind the address are written, and read back the same`() throws {
    let folder = try TemporaryFolder()
    let data = try Corpora.folder(Corpora.bundled[0]).appending(path: "data").path
    let place = "\(folder.path("a,b")),medium=usb-disk,site=town hall,off-site=yes,removable=yes,back-within=36 hours"

    let output = try Akiba.run(
      ["init", "--data", data, "--to", "usb=\(place)"], environment: ["AKIBA_CONFIG": folder.path("akiba.yaml")])

    #expect(output.status == 0, "\(output.standardError)")
    let shown = try Akiba.run(["locations"], environment: ["AKIBA_CONFIG": folder.path("akiba.yaml")]).text
    #expect(shown.contains("usb  \(folder.path("a,b"))"))
    #expect(shown.contains("  usb-disk, at town hall, off-site, removable, back within 36 hours"), "\(shown)")
  }

  // MARK: Drives that are carried away

  @Test func `a drive that is away as agreed is no failure, until the day it should be back`() throws {
    let deployment = try deployment("    removable: yes\n    back-within: 3 days\n")
    try deployment.backup()
    try FileManager.default.moveItem(atPath: deployment.repositories[0], toPath: deployment.folder.path("away"))

    let output = try deployment.akiba(["backup"])
    #expect(output.status == 0 && output.standardError.contains("location 'usb' is away, as agreed"), "\(output.standardError)")
    #expect(try deployment.akiba(["check"]).status == 0)
    #expect(try deployment.akiba(["locations"]).text.contains("  away, as agreed; last seen "))

    let state = deployment.folder.path("conf/state/locations.json")
    let text = try String(contentsOfFile: state, encoding: .utf8)
    let old = Int(Date.now.timeIntervalSince1970) - 4 * 86_400
    try text.replacing(#/"lastSeen" : \d+/#, with: "\"lastSeen\" : \(old)").write(toFile: state, atomically: true, encoding: .utf8)
    let late = try deployment.akiba(["backup"])
    #expect(late.status == 3 && late.standardError.contains("warning: location 'usb' is left out: "), "\(late.standardError)")
  }

  @Test func `a drive that is there but damaged is a failure, away or not`() throws {
    let deployment = try deployment("    removable: yes\n")
    try deployment.backup()
    try Data("x".utf8).write(to: URL(filePath: deployment.repositories[0]).appending(path: "config"))

    #expect(try deployment.akiba(["backup"]).status == 3)
  }

  // MARK: Status

  @Test func `status tells what counts, what does not, and why`() throws {
    let deployment = try deployment("    medium: usb-disk\n")
    try deployment.backup()

    let unproven = try status(deployment)
    #expect(unproven.code == 1, "a snapshot that is nowhere but on the disk of the data is none")
    #expect(unproven.events.last?["verdict"] as? String == "critical" && unproven.events.last?["copies"] as? Int == 1)
    let gaps = try #require(unproven.events.first?["gaps"] as? [String])
    #expect(gaps.contains { $0.hasPrefix("no drill") } && gaps.contains { $0.contains("disk of CouchDB's data") })

    #expect(try deployment.akiba(["check"]).status == 0)
    #expect(try status(deployment).events.first?["last_proof"] == nil, "names and sizes prove no byte")
    #expect(try deployment.akiba(["check", "--read-data"]).status == 0)
    #expect(try deployment.akiba(["verify", "latest", "--location", "nas"]).status == 0)
    let proven = try status(deployment)
    #expect(proven.events.map { $0["last_proof"] as? String } == ["data", "offline", nil])
    #expect(proven.events[1]["last_proof_passed"] as? Bool == true && proven.events[1]["snapshots"] as? Int == 1)
    #expect((proven.events[1]["gaps"] as? [String])?.contains { $0.hasPrefix("no drill") } == true, "nobody restored from it")
  }

  @Test(.enabled(if: Mount.isPossible, "mounting needs root"))
  func `a copy on another disk counts once it was drilled, and no longer when a proof fails`() throws {
    let deployment = try deployment()
    let mount = try Mount(bytes: 64 << 20, at: deployment.folder.url.appending(path: "disk"))
    try deployment.editConfiguration { $0.replacing("path: \(deployment.repositories[1])", with: "path: \(mount.url.path)/nas") }
    try #require(try deployment.akiba(["init", "--create", "nas"]).status == 0)
    try deployment.backup()
    #expect(try deployment.akiba(["drill", "--offline", "--location", "nas"]).status == 0)

    let proven = try status(deployment)
    #expect(proven.events.last?["copies"] as? Int == 2 && proven.events.last?["off_site"] as? Int == 1)
    #expect(proven.events.last?["media"] as? Int == 2 && proven.code == 3)
    #expect(try deployment.akiba(["status"]).text.contains("+ nas "))
    #expect(try deployment.akiba(["status", "--nagios"]).text.hasPrefix("AKIBA WARNING - 2 copies, 2 media, 1 off-site; usb: "))

    let data = mount.url.appending(path: "nas/data")
    try data.appending(path: try #require(data.filesBelow().first)).flipBit(at: 40)
    #expect(try deployment.akiba(["check", "--read-data", "--location", "nas"]).status == 1)
    let failed = try status(deployment, "--offline")
    #expect(failed.code == 1 && failed.events.last?["verdict"] as? String == "critical")
    let nagios = try deployment.akiba(["status", "--nagios", "--offline"])
    #expect(nagios.status == 2 && nagios.text.contains("nas: its last proof (data) failed"), "\(nagios.text)")
  }

  @Test func `for Nagios what cannot be told is unknown`() throws {
    let output = try Akiba.run(["status", "--nagios"], environment: ["AKIBA_CONFIG": "/nonexistent/akiba.yaml"])

    #expect(output.status == 3 && output.text == "AKIBA UNKNOWN - configuration '/nonexistent/akiba.yaml': not found\n")
  }

  @Test func `a damaged memory is said, and stops nothing`() throws {
    let deployment = try deployment()
    let state = deployment.folder.path("conf/state/locations.json")
    for damaged in ["", "{", "{\"version\":2,\"locations\":{}}", "[]"] {
      try damaged.write(toFile: state, atomically: true, encoding: .utf8)
      let output = try deployment.akiba(["backup"])
      #expect(output.status == 0)
      #expect(output.standardError.contains("locations.json' is damaged\nhint: remove it: "), "\(output.standardError)")
    }
    try FileManager.default.removeItem(atPath: state)
    #expect(try deployment.akiba(["backup"]).standardError.contains("damaged") == false)
  }
}
