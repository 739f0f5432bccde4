import CouchFormat
import Deployments
import Foundation
import SystemPackage
import TestSupport
import Testing

struct CouchSettingsTests {
  private func settings(_ texts: String...) -> CouchSettings {
    CouchSettings(files: texts.enumerated().map { ("\($0.offset).ini", Array($0.element.utf8)) })
  }

  private func secret(_ line: String) -> [UInt8]? {
    CouchSettings(files: [("a", Array("[couch_httpd_auth]\n\(line)".utf8))]).vaultSecret?.withBytes { $0 }
  }

  /// Rows of CouchDB's own tests, `config.erl`, with `k` renamed.
  @Test(
    arguments: [
      ("secret=v", "v"), ("secret = v", "v"), ("secret= v", "v"), ("secret  =v", "v"), ("secret=  v  ", "v"), ("secret = v ; c", "v"),
      ("secret==v", "=v"), ("secret=v=", "v="), ("secret ==v", "=v"), ("secret===v", "==v"), ("secret=v=v", "v=v"), ("secret = =v", "=v"),
      ("secret= =v", "=v"), ("secret=;", ";"), ("secret =;", ";"), ("secret = v;", "v;"), ("secret =;v;", ";v;"), ("secret =v;;", "v;;"),
      ("secret = v1;v2", "v1;v2"), ("secret = v1;v2 ;", "v1;v2"), ("secret = v1;v2\t;", "v1;v2"), ("secret = v1;v2 ;c1; c2", "v1;v2"),
      ("\r\n;\r\nsecret=v\r\n", "v"), ("garbage\n= more\nsecret = a = b", "a = b"), ("secret = a\u{1A}rest", "a"),
      ("secret = one\nsecret = two", "two"), ("secret = first\n[]\nsecret = same", "same"), ("secret = v\n[x]y\nsecret = w", "w"),
    ])
  func `a value is what CouchDB takes it for`(_ line: String, _ value: String) {
    #expect(secret(line).map { String(decoding: $0, as: UTF8.self) } == value)
  }

  @Test(
    arguments: [
      "secret", "secret=", "secret = ", "secret = ;", "secret  =\t;", "secret = ;v", ";secret = v", " ; secret = v", "secret ;=v",
      "secret= = v", "=secret= = v", "[s]\nsecret = v", "[s ]\nsecret = v",
    ])
  func `what CouchDB passes by is no value`(_ line: String) {
    #expect(secret(line) == nil)
  }

  @Test func `nothing counts before the first section`() {
    #expect(settings("secret = v\nuuid = u").uuid == nil && settings("[couchdb\nuuid=u").uuid == nil)
    #expect(settings(" [couchdb] ; the server\nuuid=u").uuid == "u")
  }

  @Test func `bytes that end a line in Latin 1 are trimmed, as Erlang does`() {
    #expect(secret("secret = Å") == [0xC3] && secret("secret = Åb") == [0xC3, 0x85, UInt8(ascii: "b")])
  }

  @Test func `later files win, and admins add up`() {
    let settings = settings(
      "[admins]\nmedic = -pbkdf2-1,2,10\nann = plain\n[couchdb]\nuuid = one", "[couchdb]\nuuid = two\n[admins]\nbob=-pbkdf2:sha256-a,b,1")

    #expect(settings.uuid == "two" && settings.admins == ["ann", "bob", "medic"] && settings.plainTextAdmins == ["ann"])
  }

  @Test func `sessions use the newer section, the vault the older`() {
    let both = settings("[chttpd_auth]\nsecret = new\n[couch_httpd_auth]\nsecret = old")

    #expect(both.sessionSecret == Secret("new") && both.vaultSecret == Secret("old"))
    #expect(settings("[couch_httpd_auth]\nsecret = old").sessionSecret == Secret("old"))
  }

  @Test func `a folder is read in order of name, only ini files, none that is hidden`() throws {
    let folder = try TemporaryFolder()
    for (name, uuid) in [("b.ini", "b"), ("Z.ini", "Z"), (".c.ini", "hidden"), ("d.ini.bak", "old"), ("README", "text")] {
      try Array("[couchdb]\nuuid = \(uuid)\n".utf8).write(to: folder.path(name))
    }
    try Array("[couchdb]\nuuid = local\n[nouveau]\nurl = http://u:p@nouveau:5987/x".utf8).write(to: folder.path("local.txt"))

    let settings = try CouchSettings(
      reading: [FilePath(folder.path("local.txt")), FilePath(folder.path), FilePath(folder.path("missing"))])

    #expect(settings.uuid == "b" && settings.fileNames.map { FilePath($0).lastComponent?.string } == ["local.txt", "Z.ini", "b.ini"])
    #expect(settings.nouveauURL == "http://nouveau:5987/x")
  }

  @Test func `what is missing, and what .env says otherwise`() {
    let full = settings("[couchdb]\nuuid = u\n[couch_httpd_auth]\nsecret = s3cret\n[admins]\nmedic = -pbkdf2-1,2,10")
    let same = ["COUCHDB_SECRET": "s3cret", "COUCHDB_UUID": "u", "COUCHDB_USER": "medic"]
    let other = ["COUCHDB_SECRET": "0ther", "COUCHDB_UUID": "v", "COUCHDB_USER": "ann"]

    #expect(full.findings(intended: same) == [] && full.findings(intended: ["COUCHDB_SECRET": ""]) == [])
    #expect(full.findings(intended: other).map(\.kind) == [.credentialsDiffer, .credentialsDiffer, .credentialsDiffer])
    #expect(settings().findings(intended: [:]).map(\.kind) == [.secretMissing, .uuidMissing])
    #expect(settings().findings(intended: [:]).map(\.severity) == [.error, .warning])
    #expect(settings().findings(intended: same).map(\.severity) == [.warning, .warning])
    #expect(settings("[admins]\nann = x").findings(intended: same).last?.kind == .adminPasswordPlain)
  }

  @Test func `no secret can be printed or dumped`() {
    let settings = settings("[couch_httpd_auth]\nsecret = s3cret\n[admins]\nmedic = hidd3n\n[couchdb]\nuuid=u")
    var dumped = ""
    dump(settings, to: &dumped)
    let texts = ["\(settings)", dumped, String(reflecting: settings), "\(settings.findings(intended: ["COUCHDB_SECRET": "0ther"]))"]

    for text in texts { #expect(!text.contains("s3cret") && !text.contains("hidd3n") && !text.contains("0ther")) }
  }

  @Test func `fingerprints tell equal secrets of one deployment`() {
    let one = SecretFingerprint.of(Array("s3cret".utf8), salt: "cht")

    // hashlib.scrypt(b's3cret', salt=b'akibacht', n=32768, r=8, p=1, maxmem=2**26, dklen=8).hex()
    #expect(one == "b02ce271bb4e5098")
    #expect(Secret("s3cret").fingerprint(salt: "cht") == one && Secret("s3cret").fingerprint(salt: "other") != one)
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func `whatever the bytes, settings are read`(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let alphabet = Array("[]=; \t\n\r\u{1A}ab\u{85}".utf8)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      let settings = CouchSettings(files: [("a", Array("[couchdb]\n".utf8) + bytes), ("b", bytes)])
      _ = (settings.uuid, settings.admins, settings.findings(intended: [:]))
    }
  }
}

extension [UInt8] {
  fileprivate func write(to path: String) throws { try Data(self).write(to: URL(filePath: path)) }
}
