import Foundation
import TestSupport
import Testing

/// The commands of `docs/other-tools.md`, run as they stand there.
@Suite(.serialized)
struct OtherToolsTests {
  /// A section of the document, by its heading.
  private struct Section {
    let blocks: [String]

    init(_ heading: String) throws {
      let document = try String(contentsOf: Corpora.packageRoot.appending(path: "docs/other-tools.md"), encoding: .utf8)
      let sections = document.components(separatedBy: "\n## ")
      let section = try #require(sections.first { $0.hasPrefix(heading + "\n") }, "no section '\(heading)'")
      blocks = section.matches(of: /(?s)```shell\n(.*?)\n```/).map { String($0.1) }
    }
  }

  /// Runs a block where `/srv`, `/mnt` and `/root` are folders of this test, `akiba` is the built one, and HOME is empty.
  @discardableResult
  private func run(_ block: String, on deployment: TestDeployment) throws -> Program.Output {
    for folder in ["srv", "mnt/nas", "root", "bin", "home/.gnupg"] {
      try FileManager.default.createDirectory(
        at: deployment.folder.url.appending(path: folder), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    let akiba = deployment.folder.path("bin/akiba")
    if !FileManager.default.fileExists(atPath: akiba) {
      try FileManager.default.createSymbolicLink(atPath: akiba, withDestinationPath: Akiba.executable())
    }
    let here = block.replacing(/\/(srv|mnt|root)\//) { "\(deployment.folder.path)/\($0.1)/" }
    let environment = [
      "PATH": "\(deployment.folder.path("bin")):/usr/local/bin:/usr/bin:/bin", "HOME": deployment.folder.path("home"), "GNUPGHOME": "",
      "AKIBA_CONFIG": deployment.configuration, "LC_ALL": "C.UTF-8",
    ]
    let script = "unset GNUPGHOME; set -e; \(here)"
    let output = try Program.run("/bin/bash", ["-c", script], environment: environment)
    #expect(output.status == 0, "\(here)\n\(output.text)\n\(output.standardError)")
    return output
  }

  /// Export and keep, twice, with growth, a compaction and a deletion between; then get it back.
  private func roundTrip(_ heading: String, blocks: (once: Int?, every: Int, back: Int)) throws -> TestDeployment {
    let corpus = try Corpora.folder(Corpora.growth)
    let deployment = try TestDeployment.withFiles("day1")
    let section = try Section(heading)
    if let once = blocks.once { try run(section.blocks[once], on: deployment) }
    for day in ["day2", "day3"] {
      try run(section.blocks[blocks.every], on: deployment)
      sleep(1)  // borg's archives are named by the second, and duplicity takes files for unchanged that were written in the same one
      try SeriesTests.replace(deployment.data[0], with: corpus.appending(path: day))
    }
    try run(section.blocks[blocks.every], on: deployment)
    let proof = try run(section.blocks[blocks.back], on: deployment)
    #expect(proof.text.contains(/(?m)^proven/), "\(proof.text)")
    let difference = try Program.run(
      "/usr/bin/env",
      ["diff", "--recursive", "--no-dereference", deployment.folder.path("srv/export"), deployment.folder.path("srv/restored")])
    #expect(difference.status == 0, "\(difference.text)")
    return deployment
  }

  @Test func `what rsync brings back proves clean`() throws { _ = try roundTrip("rsync", blocks: (nil, 0, 1)) }

  @Test func `what borg brings back proves clean, and every archive of it`() throws {
    let deployment = try roundTrip("borg", blocks: (0, 1, 2))
    let archives = try run(
      "export BORG_PASSCOMMAND='cat /root/borg.passphrase'; borg list --format '{archive}{NL}' /mnt/nas/cht.borg", on: deployment)
    #expect(archives.text.split(separator: "\n").count == 3)
    for archive in archives.text.split(separator: "\n") {
      try run(
        "export BORG_PASSCOMMAND='cat /root/borg.passphrase'; rm -rf /srv/older; mkdir /srv/older; cd /srv/older; "
          + "borg extract '/mnt/nas/cht.borg::\(archive)'; akiba verify --restored /srv/older", on: deployment)
    }
  }

  @Test func `what duplicity brings back through GPG proves clean`() throws {
    let deployment = try roundTrip("duplicity with GPG", blocks: (0, 1, 2))
    try run("gpgconf --kill all", on: deployment)
    let files = deployment.folder.url.appending(path: "mnt/nas/cht.duplicity").entries()
    #expect(files.contains { $0.contains("full") } && files.contains { $0.contains("inc") })
    #expect(files.allSatisfy { $0.hasSuffix(".gpg") }, "\(files)")
  }

  @Test func `what an encrypted archive brings back proves clean`() throws {
    let deployment = try TestDeployment.withFiles()
    try run(Section("duplicity with GPG").blocks[0], on: deployment)
    let section = try Section("An archive, without a folder")
    try run(section.blocks[0], on: deployment)
    try run(section.blocks[1], on: deployment)
    try run("gpgconf --kill all", on: deployment)
  }

  @Test func `a second rsync transfers what changed, and skips the rest unread`() throws {
    let corpus = try Corpora.folder(Corpora.growth)
    let deployment = try TestDeployment.withFiles("day1")
    let block = try Section("rsync").blocks[0].replacing("rsync ", with: "rsync --stats --whole-file ")
    try run(block, on: deployment)
    let before = try TreeStamps(of: deployment.folder.url.appending(path: "srv/export")).files
    try SeriesTests.replace(deployment.data[0], with: corpus.appending(path: "day2"))

    let output = try run(block, on: deployment)

    let after = try TreeStamps(of: deployment.folder.url.appending(path: "srv/export")).files
    let changed = after.filter { before[$0.key] != $0.value }
    let own = 4  // manifest, RECOVERY.md, SHA256SUMS, and what export remembers
    let files = try #require(output.text.firstMatch(of: /regular files transferred: ([\d,]+)/)?.1).replacing(",", with: "")
    #expect(Int(files) == changed.count + own && !changed.isEmpty && changed.count < after.count / 2, "\(output.text)")
    let ownBytes = try deployment.folder.url.appending(path: "srv/export").filesBelow().filter { after[$0] == nil }
      .map { try deployment.folder.url.appending(path: "srv/export/\($0)").byteCount() }.reduce(0, +)
    let bytes = try #require(output.text.firstMatch(of: /transferred file size: ([\d,]+)/)?.1).replacing(",", with: "")
    #expect(Int(bytes) == changed.values.reduce(0) { $0 + $1.size } + ownBytes, "\(output.text)")
  }
}
