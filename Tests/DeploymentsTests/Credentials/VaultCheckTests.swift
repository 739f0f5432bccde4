import CouchFormat
import Deployments
import Foundation
import SystemPackage
import TestSupport
import Testing

struct VaultCheckTests {
  /// What CHT's `encrypt` makes, by the `openssl` executable: AES-256-CBC under the secret's bytes, repeated to 32.
  private func sealed(_ text: String, _ secret: String, iv: String = "000102030405060708090a0b0c0d0eff") throws -> String {
    let openssl = try OpenSSL()
    try Data(text.utf8).write(to: openssl.folder.url.appending(path: "plain"))
    var key = Array(secret.utf8)
    while key.count < 32 { key += Array(secret.utf8) }
    let hex = key.prefix(32).map { String(format: "%02x", $0) }.joined()
    let bytes = try openssl.run("enc", "-aes-256-cbc", "-K", hex, "-iv", iv, "-in", "plain")
    return iv + ":" + bytes.map { String(format: "%02x", $0) }.joined()
  }

  private func document(_ id: String, _ password: String) -> [UInt8] {
    Array(#"{"_id":"credential:\#(id)","_rev":"1-a","password":"\#(password)"}"#.utf8)
  }

  private static let long = "ostrich-umbrella-décor-seven-words-of-a-dictionary"

  @Test(arguments: ["short", "exactly-thirty-two-bytes-of-text", long])
  func `the secret opens what CHT encrypted with it`(_ secret: String) throws {
    let documents = [document("sms", try sealed("pass ☃ wörd", secret)), document("oidc", try sealed("", secret))]

    #expect(VaultCheck(documents: documents, secret: Secret(secret)).opened == 2)
    let other = VaultCheck(documents: documents, secret: Secret(secret.uppercased()))
    #expect(other.credentials == 2 && other.opened == 0 && other.findings.map(\.severity) == [.error])
    #expect(VaultCheck(documents: documents, secret: Secret("")).opened == 0)
  }

  @Test func `one that another secret encrypted is a warning`() throws {
    let documents = [document("a", try sealed("x", "one")), document("b", try sealed("y", "two"))]

    let check = VaultCheck(documents: documents, secret: Secret("one"))

    #expect(check.credentials == 2 && check.opened == 1 && check.findings.map(\.kind) == [.vaultUnopened])
    #expect(check.findings[0].severity == .warning && VaultCheck(documents: [], secret: Secret("one")).findings == [])
  }

  @Test func `of a thousand wrong secrets none opens anything`() throws {
    let documents = try (0..<4).map { document("\($0)", try sealed(String(repeating: "p", count: 5 + $0 * 9), "right")) }

    let opened = (0..<1000).map { VaultCheck(documents: documents, secret: Secret("wrong \($0)")).opened }

    #expect(opened.allSatisfy { $0 == 0 })
  }

  @Test(
    arguments: [
      "", ":", "00", "00:00", "zz:zz", "000102030405060708090a0b0c0d0e0f:", "000102030405060708090a0b0c0d0e0f:00",
      "000102030405060708090a0b0c0d0e0f:000102030405060708090a0b0c0d0e0f", "0001:000102030405060708090a0b0c0d0e0f", "a:b:c",
    ])
  func `passwords of other shapes are not opened`(_ password: String) {
    let check = VaultCheck(documents: [document("x", password), Array("{}".utf8), Array("[".utf8)], secret: Secret("s"))

    #expect(check.opened == 0 && check.credentials == (password.isEmpty ? 0 : 1))
  }

  @Test func `a deployment without a vault has nothing to open`() throws {
    let folder = FilePath(try Corpora.folder(Corpora.growth).appending(path: "day1").path)

    #expect(try VaultCheck.open(dataFolder: folder, secret: Secret("s")) == nil)
  }
}
