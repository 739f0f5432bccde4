import Deployments
import Foundation
import SystemPackage
import TestSupport
import Testing

/// What discovery reads of the host: small files, whole or not at all.
struct HostReaderTests {
  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func file(_ count: Int, _ name: String, in folder: TemporaryFolder) throws {
    try Data(count: count).write(to: folder.url.appending(path: name))
  }

  @Test func `a file is read whole, or refused with its size`() async throws {
    let folder = try TemporaryFolder()
    try file(4 << 20, "large.pem", in: folder)
    try file(4 << 20 + 1, "too-large.pem", in: folder)
    let reader = HostReader()

    let large = await reader.file("large.pem", in: FilePath(folder.path))
    let tooLarge = await reader.file("too-large.pem", in: FilePath(folder.path))

    #expect(large.bytes?.count == 4 << 20)
    guard case .refused(let reason) = tooLarge else { return #expect(Bool(false), "\(tooLarge)") }
    #expect(reason == "'\(folder.path)/too-large.pem' is larger than 4 MiB")
  }

  @Test func `of a folder no more than its small files are held, and the others are named`() async throws {
    let folder = try TemporaryFolder()
    for number in 10..<40 { try file(1 << 20, "part\(number).yml", in: folder) }
    try file(1 << 20 + 1, "dump.sql", in: folder)

    let contents = await HostReader().contents(of: FilePath(folder.path))
    let files = await HostReader().files(in: FilePath(folder.path))

    #expect(contents?.files.map(\.name) == (10..<26).map { "part\($0).yml" })
    #expect(contents?.skipped == ["dump.sql"] + (26..<40).map { "part\($0).yml" })
    #expect(contents?.unreadable.isEmpty == true)
    #expect(files?.count == 16)
  }

  @Test func `the same holds for what the engine has`() async throws {
    let view = try ContainerView.ofCertificates()
    let reader = HostReader(volumes: view)

    #expect(await reader.file("cert.pem", in: ContainerView.tls).bytes == bytes("certificate"))
    #expect(await reader.file("key.pem", in: ContainerView.tls).bytes == bytes("key"))
    #expect(await reader.file("chain.pem", in: ContainerView.tls).bytes == bytes("chain"))
    for name in ["gone.pem", "circle-a", "live"] {
      guard case .refused(let reason) = await reader.file(name, in: ContainerView.tls) else { return #expect(Bool(false), "\(name)") }
      #expect(reason.hasPrefix("'/nonexistent/tls/\(name)' is"))
    }
    guard case .missing = await reader.file("none.pem", in: ContainerView.tls) else { return #expect(Bool(false)) }
    let contents = await reader.contents(of: ContainerView.tls)
    #expect(contents?.files.map(\.name) == ["cert.pem", "chain.pem", "key.pem"])
    #expect(contents?.unreadable == ["circle-a", "circle-b", "gone.pem"])
    #expect(await reader.files(in: ContainerView.tls) == nil)
    #expect(await reader.files(in: ContainerView.tls.appending("key.pem"))?.map(\.bytes) == [bytes("key")])
  }
}
