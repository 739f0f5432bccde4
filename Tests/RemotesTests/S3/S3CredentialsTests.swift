import Primitives
import Foundation
import Remotes
import Stores
import SystemPackage
import TestSupport
import Testing

struct S3CredentialsTests {
  private let folder: TemporaryFolder
  private var path: FilePath { FilePath(folder.path("credentials")) }

  init() throws { folder = try TemporaryFolder() }

  private static let text = """
    # comment
    [default]
    aws_access_key_id = ACCESS
    aws_secret_access_key=a+b/c=

      [ clinic ]
    AWS_ACCESS_KEY_ID=OTHER
    aws_secret_access_key = first
    aws_secret_access_key = second
    ; aws_session_token = old
    aws_session_token = token
    region = moon-1
    [half]
    aws_access_key_id = HALF
    [empty]
    """

  private func write(_ text: String, mode: Int = 0o600) throws {
    try Data(text.utf8).write(to: URL(filePath: path.string))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.string)
  }

  private func read(_ profile: String = "default") throws -> S3Credentials {
    try S3Credentials.Source.file(path, profile: profile).credentials(for: "s3:https://h/b")
  }

  @Test func `a file holds profiles`() throws {
    try write(Self.text)

    #expect(try read() == S3Credentials(accessKey: "ACCESS", secretKey: "a+b/c="))
    #expect(try read("clinic") == S3Credentials(accessKey: "OTHER", secretKey: "second", sessionToken: "token"))
  }

  @Test func `a file is read anew each time`() throws {
    try write(Self.text)
    let source = S3Credentials.Source.file(path, profile: "clinic")
    #expect(try source.credentials(for: "x").sessionToken == "token")

    try write(Self.text.replacing("= token", with: "= renewed"))

    #expect(try source.credentials(for: "x").sessionToken == "renewed")
  }

  @Test(arguments: [
    ("half", "has no 'aws_secret_access_key'"), ("empty", "has no 'aws_access_key_id'"), ("none", "has no profile 'none'"),
  ])
  func `what is missing in a file is said`(_ profile: String, _ reason: String) throws {
    try write(Self.text)

    let error = #expect(throws: StoreError.self) { try read(profile) }

    #expect(error?.kind == .denied)
    #expect(error?.summary.contains(reason) == true, "\(String(describing: error))")
    #expect(error?.hints.isEmpty == false)
  }

  @Test(arguments: [0o604, 0o602, 0o620, 0o644, 0o601])
  func `a file that others may read or change is refused`(_ mode: Int) throws {
    try write(Self.text, mode: mode)

    let error = #expect(throws: StoreError.self) { try read() }

    #expect(error?.kind == .denied)
    #expect(error?.hints == ["chmod 600 '\(path)'"])
  }

  @Test func `a file that its group may read is taken, and a missing one is named`() throws {
    try write(Self.text, mode: 0o640)
    #expect(try read().accessKey == "ACCESS")
    try FileManager.default.removeItem(atPath: path.string)

    let error = #expect(throws: StoreError.self) { try read() }

    #expect(error?.kind == .denied)
    #expect(error?.summary.contains(path.string) == true)
  }

  @Test func `the environment gives a key, or there is none`() throws {
    let names = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": ""]

    #expect(try S3Credentials.Source.environment(names).credentials(for: "x") == S3Credentials(accessKey: "A", secretKey: "S"))
    let error = #expect(throws: StoreError.self) { try S3Credentials.Source.environment(["AWS_ACCESS_KEY_ID": "A"]).credentials(for: "x") }
    #expect(error?.kind == .denied)
    #expect(error?.hints.first?.contains("AWS_SECRET_ACCESS_KEY") == true)
  }

  @Test func `a secret shows in no form of printing`() throws {
    let credentials = S3Credentials(accessKey: "ACCESS", secretKey: "topsecret", sessionToken: "toptoken")
    var dumped = ""
    dump(S3Credentials.Source.given(credentials), to: &dumped)

    for text in ["\(credentials)", String(reflecting: credentials), "\(S3Credentials.Source.given(credentials))", dumped] {
      #expect(text.contains("ACCESS"))
      #expect(!text.contains("topsecret") && !text.contains("toptoken"), "\(text)")
    }
    let broken = S3Credentials(accessKey: "A", secretKey: "topsecret\r\nX: y")
    let error = #expect(throws: StoreError.self) { try S3Credentials.Source.given(broken).credentials(for: "x") }
    #expect(error?.description.contains("topsecret") == false)
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `a damaged file gives credentials or an error without its secrets`(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var bytes = Array(Self.text.utf8)
    for _ in 0..<Int.random(in: 1...6, using: &random) {
      let position = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1: bytes.removeSubrange(position..<min(bytes.count, position + 9))
      default: bytes.insert(contentsOf: random.bytes(3), at: position)
      }
    }

    let damaged = String(decoding: bytes, as: UTF8.self)

    do {
      #expect(try !CredentialsFile.credentials(in: damaged, profile: "clinic", of: "f").secretKey.isEmpty)
    } catch {
      #expect(!"\(error)".contains("second"))
    }
  }
}
