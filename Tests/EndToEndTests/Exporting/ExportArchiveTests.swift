import Foundation
import TestSupport
import Testing

/// `akiba export --tar`.
struct ExportArchiveTests {
  @Test func `what tar unpacks proves clean, with modes, owners and links as they were`() throws {
    let deployment = try TestDeployment.withFiles()
    let env = deployment.folder.url.appending(path: "outside/upgrade/.env")
    chmod(env.path, 0o640)

    let unpacked = try deployment.unpackedArchive()

    try deployment.expectProven(unpacked)
    #expect(try unpacked.appending(path: "cht/upgrade-service/.env").permissions() == 0o640)
    let links = try Program.run("/usr/bin/find", [unpacked.path, "-type", "l", "-printf", "%l"])
    #expect(links.text == "/nowhere")
    let shard = try deployment.data[0].shard(of: "medic")
    let copy = unpacked.appending(path: "couchdb/couchdb@127.0.0.1/data/\(shard.path(below: deployment.data[0]))")
    let times = try [shard, copy].map { try FileManager.default.attributesOfItem(atPath: $0.path)[.modificationDate] as? Date }
    #expect(abs(try #require(times[0]).timeIntervalSince(try #require(times[1]))) < 1)
  }

  @Test func `events and summaries are not in the archive`() throws {
    let deployment = try TestDeployment.growth()

    let plain = try deployment.akiba(["export", "--tar"])
    let json = try deployment.akiba(["export", "--tar", "--json"])

    #expect(plain.status == 0 && plain.standardOutput.count % 512 == 0 && plain.standardError.contains("export of 'cht' as a tar archive"))
    let line = try #require(json.standardError.split(separator: "\n").last)
    let event = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    #expect(event["type"] as? String == "export" && event["bytes_written"] as? Int == json.standardOutput.count)
  }

  @Test func `an archive whose writer is killed is one that tar refuses`() throws {
    let deployment = try TestDeployment.large(megabytes: 24)
    let out = deployment.folder.path("cut.tar")
    for delay in [150, 200, 250, 300] {
      // A slow reader: the writer is killed while it waits for it.
      let script = """
        mkfifo "$2.pipe"; "$0" export --tar --config "$1" >"$2.pipe" & writer=$!
        { for n in $(seq 1 \(delay)); do dd bs=65536 count=1 iflag=fullblock status=none; done; kill -9 $writer; cat; } <"$2.pipe" >"$2"
        rm "$2.pipe"; tar --list --file "$2" >/dev/null
        """
      let output = try Program.run("/bin/bash", ["-c", script, try Akiba.executable(), deployment.configuration, out])
      #expect(output.status == 2 && output.standardError.contains("tar:"), "\(delay): \(output.standardError)")
    }
  }

  @Test func `a reader that goes away, a terminal and an interrupt end it`() throws {
    let deployment = try TestDeployment.large(megabytes: 16)
    let gone = try Program.run(
      "/bin/bash",
      [
        "-c", #""$0" export --tar --config "$1" | head --bytes 1000 >/dev/null; exit ${PIPESTATUS[0]}"#, try Akiba.executable(),
        deployment.configuration,
      ])
    #expect(gone.status == 1 && gone.standardError.contains("cannot write 'standard output'"), "\(gone.standardError)")

    let terminal = try Program.run(
      "/usr/bin/env",
      [
        "script", "--quiet", "--return", "--command", "\(try Akiba.executable()) export --tar --config \(deployment.configuration)",
        "/dev/null",
      ])
    #expect(terminal.status == 1 && terminal.text.contains("not for a terminal"), "\(terminal.text)")

    let wrong = try deployment.akiba(["export", "--tar", "--to", "/tmp/x"])
    #expect(wrong.status == 64)
  }
}

extension TestDeployment {
  /// Unpacks an archive into a new folder as it is made.
  func unpackedArchive() throws -> URL {
    let target = folder.url.appending(path: "unpacked-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: target, withIntermediateDirectories: false)
    let output = try Program.run(
      "/bin/bash",
      [
        "-c", #"set -o pipefail; "$0" export --tar --config "$1" | tar --extract --preserve-permissions --directory "$2""#,
        try Akiba.executable(), configuration, target.path,
      ])
    try #require(output.status == 0, "\(output.standardError)")
    return target
  }
}
