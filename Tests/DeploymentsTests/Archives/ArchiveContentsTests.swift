import SystemPackage
import Testing

import Deployments

/// How members become files below the path asked for.
struct ArchiveContentsTests {
  private func contents(_ tar: TarBuilder, largest: Int = 1000) throws -> [ArchivedFile] {
    var contents = ArchiveContents(largest: largest)
    try contents.take(tar.bytes + TarBuilder.end)
    try contents.finish()
    return contents.files
  }

  private func archive(_ names: String...) -> TarBuilder {
    var tar = TarBuilder()
    for name in names { tar.add(name, type: name.hasSuffix("/") ? "5" : "0", body: name.hasSuffix("/") ? [] : Array(name.utf8)) }
    return tar
  }

  @Test(arguments: [
    ["private/", "private/cert.pem", "private/private/"], ["/", "/cert.pem", "/private/"], ["./", "./cert.pem", "./private/"],
    ["/private/", "/private/cert.pem", "/private/private/"], ["private/", "./private//cert.pem", "private/./private/"],
  ])
  func `Docker's names and Podman's come out the same`(_ names: [String]) throws {
    var tar = TarBuilder()
    for name in names { tar.add(name, type: name.hasSuffix("/") ? "5" : "0") }

    #expect(try contents(tar).map(\.path) == ["", "cert.pem", "private"])
  }

  @Test(arguments: ["cert.pem", "/cert.pem", "./cert.pem"])
  func `a file alone has the empty path`(_ name: String) throws {
    let files = try contents(archive(name))

    #expect(files.map(\.path) == [""])
    #expect(files[0].content == Array(name.utf8))
  }

  @Test func `a hard link has the content of what it is linked to`() throws {
    var tar = archive("p/", "p/a")
    tar.add("p/b", type: "1", link: "p/a")
    tar.add("p/c", type: "2", link: "../../elsewhere")

    let files = try contents(tar)

    #expect(files[2].kind == .file)
    #expect(files[2].content == files[1].content)
    #expect(files[3].kind == .symlink("../../elsewhere"))
  }

  private func kind(_ tar: TarBuilder, largest: Int = 1000) -> ArchiveError.Kind? {
    do {
      _ = try contents(tar, largest: largest)
      return nil
    } catch {
      return (error as? ArchiveError)?.kind
    }
  }

  @Test func `no name leads out of the folder`() {
    #expect(kind(archive("p/", "p/../q")) == .unsafeName)
    #expect(kind(archive("p/", "../p/q")) == .unsafeName)
    #expect(kind(archive("p/", "q")) == .unsafeName)
    #expect(kind(archive("../")) == .unsafeName)
    #expect(kind(archive("a/b", "a/c")) == .damaged)
    #expect(kind(archive("a", "a/c")) == .damaged)
    #expect(kind(archive("a/", "a/c", "a/./c")) == .damaged)
  }

  @Test func `a link to what is not in the archive is refused`() {
    for target in ["p/none", "elsewhere", "p/../p/a", "p/", ""] {
      var tar = archive("p/", "p/a")
      tar.add("p/b", type: "1", link: target)
      #expect(kind(tar) != nil, "\(target)")
    }
  }

  @Test func `all files together are bounded, links too`() {
    var linked = archive("p/", "p/123456")
    linked.add("p/b", type: "1", link: "p/123456")

    #expect(kind(archive("p/", "p/123456", "p/abcdef"), largest: 16) == nil)
    #expect(kind(archive("p/", "p/123456", "p/abcdef"), largest: 15) == .tooLarge)
    #expect(kind(linked, largest: 16) == nil)
    #expect(kind(linked, largest: 15) == .tooLarge)
  }

  @Test func `nothing at all is not an archive`() {
    #expect(kind(TarBuilder()) == .truncated)
  }
}
