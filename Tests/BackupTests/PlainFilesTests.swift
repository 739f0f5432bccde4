import Backup
import Deployments
import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Compose files, `.env`, certificates: what is stored of them, and what is said where that is not all.
///
/// One at a time: a file that is read in a moment would not be written to meanwhile on a busy machine.
@Suite(.serialized)
struct PlainFilesTests {
  private static let password = "secret of this test"

  private func backup(_ folders: [CapturedFolder], volumes: (any VolumeReading)? = nil) async throws -> Manifest {
    let surroundings = Surroundings(
      hostname: "here", username: "tester", processID: Int(getpid()), random: .system,
      now: { Timestamp(seconds: Int(Date().timeIntervalSince1970), nanoseconds: 0) }, sleep: { try await Task.sleep(for: $0) },
      isRunning: { _ in true })
    let store = MemoryStore(address: "store")
    _ = try await Repository.create(
      in: [store], password: Self.password, surroundings: surroundings, parameters: ScryptParameters(n: 16, r: 1, p: 1))
    var survey = Survey()
    survey.volumes = volumes
    let data = FilePath(try Corpora.folder(Corpora.growth).appending(path: "day1").path)
    let deployment = Deployment(name: "cht", nodes: [CouchNodeSource(dataFolder: data)], folders: folders, indexes: .leaveOut)
    return try await BackupRun(
      of: deployment, survey: survey,
      to: [try await Repository.open(store, password: Self.password, surroundings: surroundings)], surroundings: surroundings,
      options: .init(descriptorLimit: 4096, programVersion: "test"), progress: BackupProgress()
    ).run { [now = surroundings.now] in try await FoundNodes(in: deployment, now: now) }.manifest
  }

  private func expect(_ manifest: Manifest, holds text: String, at path: String) {
    #expect(manifest.files.first { $0.path == path }?.sha256 == ContentID(hashing: Array(text.utf8)), "\(path)")
  }

  @Test func `links in an archive are followed, as a container sees them`() async throws {
    let volumes = try ContainerView.ofCertificates()

    let manifest = try await backup([.init(place: .tls, source: ContainerView.tls)], volumes: volumes)

    expect(manifest, holds: "certificate", at: "tls/cert.pem")
    expect(manifest, holds: "key", at: "tls/key.pem")
    expect(manifest, holds: "chain", at: "tls/chain.pem")
    expect(manifest, holds: "certificate", at: "tls/archive/v1/cert1.pem")
    let errors = manifest.findings.filter { $0.severity == "error" }
    #expect(errors.map(\.file).sorted() == ["tls/circle-a", "tls/circle-b", "tls/gone.pem"])
    #expect(errors.first { $0.file == "tls/gone.pem" }?.message.contains("is a link to 'nowhere/gone.pem'") == true)
    #expect(manifest.facts.trusted == false)
  }

  @Test func `a link in place of a file or folder leads to what the container has there`() async throws {
    let volumes = try ContainerView.ofCertificates()
    let linked = ContainerView.tls.appending("live")

    let manifest = try await backup(
      [.init(place: .tls, source: linked), .init(place: .extra, source: ContainerView.tls.appending("key.pem"))], volumes: volumes)

    expect(manifest, holds: "certificate", at: "tls/cert1.pem")
    expect(manifest, holds: "key", at: "cht/extra/nonexistent/tls/key.pem")
  }

  @Test func `a link that was made for a container is followed as there`() async throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(atPath: folder.path("chain.pem"), withDestinationPath: "/etc/letsencrypt/chain.pem")
    let volumes = try ContainerView.ofCertificates()
    volumes.show(folder.path, at: "/etc/nginx/conf.d")

    let manifest = try await backup([.init(place: .tls, source: FilePath(folder.path))], volumes: volumes)

    expect(manifest, holds: "chain", at: "tls/chain.pem")
    #expect(manifest.findings.allSatisfy { $0.severity != "error" })
  }

  @Test func `a link to a folder, or to nothing, is kept, and how to store its target is said`() async throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(atPath: folder.path("folder"), withDestinationPath: "/etc")
    try FileManager.default.createSymbolicLink(atPath: folder.path("nothing"), withDestinationPath: "/does/not/exist")

    let manifest = try await backup([.init(place: .compose, source: FilePath(folder.path))])

    let findings = manifest.findings.filter { $0.kind == "foreign-file" }.sorted { $0.file < $1.file }
    #expect(findings.map(\.file) == ["cht/compose/folder", "cht/compose/nothing"])
    #expect(findings.first?.message == "'cht/compose/folder' is a link to the folder '/etc'; only the link is in the snapshot")
    #expect(findings.first?.remedy == "the link is kept; name its target under 'extra' to store that, too")
    #expect(findings.allSatisfy { !$0.remedy.contains("remove") })
  }

  @Test func `a file that is written to whenever it is read is stored, and said to be so`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("log.txt")
    try Data(count: 64 << 20).write(to: URL(filePath: path))
    let writer = Writer(to: path)
    defer { writer.stop() }

    let manifest = try await backup([.init(place: .compose, source: FilePath(folder.path))])

    let finding = manifest.findings.first { $0.kind == "changed-while-read" }
    #expect(finding?.file == "cht/compose/log.txt" && finding?.severity == "warning")
    #expect(manifest.files.contains { $0.path == "cht/compose/log.txt" })
  }
}

/// Changes a file's time again and again, on a thread of its own because it never waits.
private final class Writer: Sendable {
  private let isStopped = Atomic(false)

  init(to path: String) {
    Thread.detachNewThread { [self] in
      let file = open(path, O_WRONLY)
      defer { close(file) }
      var second = 1
      while !isStopped.load(ordering: .relaxed) {
        futimens(file, [timespec(tv_sec: second, tv_nsec: 0), timespec(tv_sec: second, tv_nsec: 0)])
        second += 1
      }
    }
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }
}
