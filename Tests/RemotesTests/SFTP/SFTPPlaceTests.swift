import Stores
import Testing

import Remotes

struct SFTPPlaceTests {
  struct Row: CustomTestStringConvertible, Sendable {
    let text: String
    var user: String?
    let host: String
    var port: UInt16?
    let folder: String
    /// As it is said again; the same where left out.
    var address: String?

    var testDescription: String { text }
  }

  @Test(arguments: [
    Row(text: "sftp:host:/folder", host: "host", folder: "/folder"),
    Row(text: "sftp:me@host:/deep/er", user: "me", host: "host", folder: "/deep/er"),
    Row(text: "sftp:me@host:relative/folder", user: "me", host: "host", folder: "relative/folder"),
    Row(text: "sftp:me@corp@host.example:/f", user: "me@corp", host: "host.example", folder: "/f"),
    Row(text: "sftp:host://a//./b/../c/", host: "host", folder: "/a/c", address: "sftp:host:/a/c"),
    Row(text: "sftp:host:a:b", host: "host", folder: "a:b"), Row(text: "sftp:host:./a@b/c", host: "host", folder: "a@b/c"),
    Row(text: "sftp:host:/a@b:c", host: "host", folder: "/a@b:c"),
    Row(text: "sftp://me@host:2222//folder", user: "me", host: "host", port: 2222, folder: "/folder"),
    Row(text: "sftp://me@host:2222/folder", user: "me", host: "host", port: 2222, folder: "folder"),
    Row(text: "sftp://host/folder", host: "host", folder: "folder", address: "sftp:host:folder"),
    Row(text: "sftp://host//folder", host: "host", folder: "/folder", address: "sftp:host:/folder"),
    Row(text: "sftp://me@[::1]:2222//f", user: "me", host: "::1", port: 2222, folder: "/f"),
    Row(text: "sftp://[fe80::1]//f", host: "fe80::1", folder: "/f"),
    Row(text: "sftp://host:22//with%20space%25", host: "host", port: 22, folder: "/with space%"),
  ])
  func `an address is taken as stock restic takes it`(_ row: Row) throws {
    let place = try SFTPPlace(parsing: row.text)

    #expect(place.user == row.user)
    #expect(place.host == row.host)
    #expect(place.port == row.port)
    #expect(place.folder == row.folder)
    #expect(place.address == row.address ?? row.text)
    #expect(try SFTPPlace(parsing: place.address) == place)
  }

  @Test(arguments: [
    ("sftp:host", "no host and folder"), ("sftp:host:", "names no folder"), ("sftp:host:.", "names no folder"),
    ("sftp://host", "names no folder"), ("sftp://host/", "names no folder"), ("sftp:host:~/backup", "does not know '~'"),
    ("sftp:-oProxyCommand=x:/f", "no name of a host"), ("sftp:-me@host:/f", "no name of a user"), ("sftp:a b:/f", "no name of a host"),
    ("sftp:$(id):/f", "no name of a host"), ("sftp:;@host:/f", "no name of a user"), ("sftp::/f", "no name of a host"),
    ("sftp:@host:/f", "no name of a user"), ("sftp://host:0//f", "from 1 to 65535"), ("sftp://host:x//f", "from 1 to 65535"),
    ("sftp://[::1]x//f", "from 1 to 65535"), ("sftp:[::1]:/f", "IPv6"), ("sftp://host//%zz", "hexadecimal"),
    ("sftp:host:/a\nb", "control characters"), ("/mnt/disk", "no host and folder"),
  ])
  func `an address that cannot be meant is refused with the reason`(_ text: String, _ reason: String) {
    let error = #expect(throws: StoreError.self) { try SFTPPlace(parsing: text) }

    #expect(error?.kind == .other)
    #expect(error?.summary.contains(reason) == true, "\(String(describing: error))")
    #expect(error?.hints.isEmpty == false)
  }

  @Test(arguments: ["sftp://me:hidden@host//f", "sftp://me:hidden@host", "sftp:me:hidden@host:/f", "sftp:me:hidden@host"])
  func `a password in an address is refused and not repeated`(_ text: String) {
    let error = #expect(throws: StoreError.self) { try SFTPPlace(parsing: text) }

    #expect(error?.summary.contains("password") == true)
    #expect("\(String(describing: error))".contains("hidden") == false)
  }

  @Test func `an address that is not understood is shown without what may be a password`() {
    let error = #expect(throws: StoreError.self) { try SFTPPlace(parsing: "sftp://me:hid/hidden@host//f") }

    #expect(error?.summary.hasPrefix("'sftp://me:…@host//f' is not an SFTP address") == true, "\(String(describing: error))")
  }

  @Test func `ssh gets words, never a line for a shell, and the user's own come first`() throws {
    let place = try SFTPPlace(parsing: "sftp://me@host:2222//f")
    let command = SSHCommand(place, arguments: ["-F", "/a b"], environment: [:], timeouts: .init(connect: .seconds(7)))

    #expect(command.allArguments.starts(with: ["-F", "/a b", "-o", "BatchMode=yes", "-o", "ConnectTimeout=7"]))
    #expect(command.allArguments.suffix(8) == ["-p", "2222", "-l", "me", "-s", "--", "host", "sftp"])
    #expect(command.shown == "ssh -F '/a b' -p 2222 -l me host")
  }
}
