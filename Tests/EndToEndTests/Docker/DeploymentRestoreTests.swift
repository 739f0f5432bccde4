import Foundation
import TestSupport
import Testing

/// `akiba restore --deployment`, on a real engine.
@Suite(.serialized, .enabled(if: HostEngine.docker.isPossible, "needs root and 'scripts/install-packages test'"))
struct DeploymentRestoreTests {
  private static let shared = Result { try CHTHost() }

  private func with(_ layout: CHTLayout, body: (LostDeployment) throws -> Void) throws {
    let host = try Self.shared.get()
    defer { try? host.clear() }
    try body(try LostDeployment(layout, on: host))
  }

  @Test func `when everything was destroyed it comes back and runs`() throws {
    try with(.guide) { lost in
      try lost.recovery.erase()
      let plan = try lost.restore("--dry-run")
      #expect(plan.status == 0, "\(plan.standardError)")
      #expect(plan.text.contains("docker compose up --detach") && plan.text.contains(lost.cht.dataFolders[0]), "\(plan.text)")
      #expect(!FileManager.default.fileExists(atPath: lost.cht.folders.cht), "a dry run makes nothing")

      let output = try lost.restore()

      #expect(output.status == 0, "\(output.text)\(output.standardError)")
      #expect(output.standardError.contains("CouchDB answers, with all documents of"), "\(output.standardError)")
      #expect(output.standardError.contains("nginx serves the restored certificate"), "\(output.standardError)")
      #expect(output.text.contains("docker compose up") && output.text.contains("phones: keep users logged in"), "\(output.text)")
      try lost.expectRunning()
      lost.expectDiscreet(plan, output)
      #expect(try lost.host.machine.bash("ls /var/lib/akiba").isEmpty, "the journal goes when all is done")
    }
  }

  @Test(arguments: [CHTLayout.unsetData, .namedVolumeData, .symlinkedData])
  func `so it does wherever the data were`(_ layout: CHTLayout) throws {
    try with(layout) { lost in
      try lost.recovery.erase()
      try lost.host.machine.bash("rm -rf \(lost.cht.dataFolders[0]) /docker-compose")

      let output = try lost.restore()

      #expect(output.status == 0, "\(output.text)\(output.standardError)")
      try lost.expectServices(of: lost.cht.project)
      // Where there was a link is a folder.
      let data = layout.data == .link ? lost.cht.folders.couchDB : lost.cht.dataFolders[0]
      let verified = try lost.hosted.akiba("verify", "--data", data)
      #expect(verified.status == 0, "\(verified.text)\(verified.standardError)")
      #expect(output.standardError.contains("CouchDB answers, with all documents of"), "\(output.standardError)")
      guard !layout.hasSecretInEnvironment else { return }
      // They existed in the volume only.
      let text = try String(contentsOfFile: lost.cht.folders.environmentFile, encoding: .utf8)
      let settings = try String(contentsOfFile: lost.cht.credentialsFile, encoding: .utf8)
      let uuid = try #require(settings.firstMatch(of: /uuid = (.+)/)).1
      let secret = try #require(settings.firstMatch(of: /secret = (.+)/)).1
      #expect(text.contains("COUCHDB_UUID=\(uuid)\n") && text.contains("COUCHDB_SECRET=\(secret)\n"))
      #expect(!output.text.contains(secret) && !output.standardError.contains(secret))
      let mode = try FileManager.default.attributesOfItem(atPath: lost.cht.folders.environmentFile)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test func `data behind a link stay on their disk`() throws {
    try with(.symlinkedData) { lost in
      let output = try lost.restore("--replace")
      #expect(output.status == 0, "\(output.text)\(output.standardError)")
      try lost.expectRunning()
      let link = lost.cht.folders.couchDB
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == lost.cht.dataFolders[0])
      #expect(output.text.contains("-> \(lost.cht.dataFolders[0]), "), "\(output.text)")
    }
  }

  @Test func `killed at each step, the next run goes on, and all ends as if nothing had been`() throws {
    try with(.small) { lost in
      let machine = lost.host.machine
      let file = lost.cht.dataFolders[0] + "/leftover"
      try "from before".write(toFile: file, atomically: true, encoding: .utf8)
      var seen: Set<Int> = []
      // On a busy machine a kill may come a step late: then all of it is done once more.
      for _ in 0..<4 where seen.count < 8 {
        for steps in 0..<10 {
          let done = try lost.restoreKilled(after: steps)
          seen.insert(done)
          if done == 6 {
            try lost.host.stopDaemon()
            try lost.host.startDaemon()
          }
          if (5...7).contains(done) { #expect(try lost.host.docker("ps", "--quiet").isEmpty, "half a system is started") }
        }
        let last = try lost.restore("--replace", "--state", lost.state)
        #expect(last.status == 0, "\(last.text)\(last.standardError)")
      }

      #expect(seen.count >= 8, "the kills came at too few steps: \(seen.sorted())")
      try lost.expectRunning()
      #expect(!FileManager.default.fileExists(atPath: file))
      let kept = try machine.bash("find \(lost.host.home) -path '*before-restore*' -name leftover")
      #expect(!kept.isEmpty, "what was there before is kept")
    }
  }

  @Test func `going back leaves what was there, running, wherever the restore stopped`() throws {
    try with(.small) { lost in
      let machine = lost.host.machine
      let file = lost.cht.dataFolders[0] + "/from-before"
      try "kept".write(toFile: file, atomically: true, encoding: .utf8)
      for steps in [2, 4, 5, 6, 7] {
        let done = try lost.restoreKilled(after: steps)

        let back = try lost.rollBack("--state", lost.state)

        #expect(back.status == 0, "after \(done) steps: \(back.text)\(back.standardError)")
        try lost.host.machine.bash("chown 5984:5984 \(file)")
        try lost.expectRunning(isRestored: false)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "kept")
        try machine.bash("rm -rf \(lost.cht.dataFolders[0]).akiba-restore")
      }
    }
  }

  @Test func `compose that is missing or fails leaves everything in its place and nothing running, and both ways are open`() throws {
    try with(.small) { lost in
      let without = try lost.host.run(["/usr/bin/env", "PATH=/nowhere"] + lost.command(["--replace"]))
      #expect(without.status == 1 && without.standardError.contains("neither 'docker compose' nor"), "\(without.standardError)")
      let failed = try lost.restoreWithoutCompose()
      #expect(failed.status == 1 && failed.standardError.contains("ended with status 9"), "\(failed.standardError)")
      #expect(try lost.host.docker("ps", "--quiet").isEmpty, "nothing runs half-way")
      let back = try lost.rollBack()

      #expect(back.status == 0 && back.text.contains("what was there before is back"), "\(back.text)\(back.standardError)")
      try lost.expectRunning(isRestored: false)
      let leftover = try lost.restore("--replace")
      #expect(leftover.status == 1 && leftover.standardError.contains("hint: remove it if it is of an earlier restore: rm -r "))
      try lost.host.machine.bash("rm -r \(lost.cht.dataFolders[0]).akiba-restore")
      let again = try lost.restoreWithoutCompose()
      #expect(again.status == 1, "\(again.standardError)")
      #expect(
        again.standardError.contains("CHT is stopped now, and nothing starts it")
          && again.standardError.contains("akiba restore --roll-back"))
      let state = try lost.restore("--dry-run")
      #expect(state.status == 0 && state.text.contains("done   putting the parts in their places"), "\(state.text)")
      #expect(state.text.contains("to do  starting CHT") && state.text.contains("CHT is stopped meanwhile"), "\(state.text)")
      let other = try lost.host.run([Akiba.executable(), "restore", "00000000", "--deployment"])
      #expect(other.status == 1 && other.standardError.contains("is not finished") && other.standardError.contains("--roll-back"))
      let forward = try lost.restore("--replace")
      #expect(forward.status == 0 && forward.standardError.contains("going on with the restore"), "\(forward.standardError)")
      try lost.expectRunning()
      let late = try lost.rollBack()
      #expect(late.status == 1 && late.standardError.contains("no restore of a deployment is unfinished"), "\(late.standardError)")
    }
  }

  @Test func `a CouchDB that has less than was restored, or another password, is told`() throws {
    try with(.small) { lost in
      var counts = try lost.counts()
      let name = try #require(counts.filter { $0.value.documents > 1 }.keys.sorted().first)
      counts[name]?.documents -= 1
      try lost.host.makeCouchDBAnswer(counts, for: lost.cht.layout.version)
      try lost.recovery.erase()

      let fewer = try lost.restore()

      #expect(fewer.status == 1 && fewer.standardError.contains("'\(name)' has"), "\(fewer.standardError)")
      counts[name]?.documents += 1
      try lost.host.makeCouchDBAnswer(counts, for: lost.cht.layout.version)
      let environment = lost.cht.folders.environmentFile
      try lost.host.machine.bash(
        #"docker ps --quiet --all --filter label=com.docker.compose.service=couchdb | xargs docker rm --force >/dev/null; cp "$0" /tmp/env; sed -i 's/^COUCHDB_PASSWORD=.*/COUCHDB_PASSWORD=changed/' "$0"; docker restart $(docker ps --quiet --filter label=com.docker.compose.service=cht-upgrade-service) >/dev/null"#,
        arguments: [environment])
      let wrong = try lost.restore()
      #expect(wrong.status == 1 && wrong.standardError.contains("does not take the password of '.env'"), "\(wrong.standardError)")
      try lost.host.machine.bash(#"cat /tmp/env >"$0""#, arguments: [environment])
      let right = try lost.restore()
      #expect(right.status == 0, "\(right.standardError)")
      try lost.expectRunning()
    }
  }
}
