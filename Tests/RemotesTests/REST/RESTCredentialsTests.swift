import Primitives
import Foundation
import Remotes
import Stores
import SystemPackage
import TestSupport
import Testing

struct RESTCredentialsTests {
  @Test(arguments: [
    "RESTIC_REST_USERNAME=clinic\nRESTIC_REST_PASSWORD=s=cret #1\n",
    "# of the office\n\nexport RESTIC_REST_USERNAME=\"clinic\"\r\n  export RESTIC_REST_PASSWORD='s=cret #1'",
    "OTHER=1\nRESTIC_REST_PASSWORD=s=cret #1\nRESTIC_REST_USERNAME=clinic\nnonsense",
  ])
  func `a file has them as a shell would`(_ text: String) throws {
    let folder = try TemporaryFolder()
    try Data(text.utf8).write(to: URL(filePath: folder.path("rest")))

    let credentials = try RESTCredentials(file: FilePath(folder.path("rest")))

    #expect(try credentials == RESTCredentials(user: "clinic", password: "s=cret #1"))
    #expect("\(credentials)" == "user 'clinic'")
  }

  @Test func `a file without them, and none, are named`() throws {
    let folder = try TemporaryFolder()
    try Data("RESTIC_REST_PASSWORD=secret".utf8).write(to: URL(filePath: folder.path("rest")))

    let empty = #expect(throws: StoreError.self) { try RESTCredentials(file: FilePath(folder.path("rest"))) }
    let missing = #expect(throws: StoreError.self) { try RESTCredentials(file: FilePath(folder.path("none"))) }

    #expect(empty?.summary == "the credentials file '\(folder.path("rest"))' names no user")
    #expect(empty?.description.contains("secret") == false)
    #expect(missing?.summary == "cannot read the credentials file '\(folder.path("none"))'")
  }

  @Test func `the environment has them by restic's names`() throws {
    #expect(try RESTCredentials(environment: ["HOME": "/"]) == nil)
    #expect(
      try RESTCredentials(environment: ["RESTIC_REST_USERNAME": "a", "RESTIC_REST_PASSWORD": "b"])
        == RESTCredentials(user: "a", password: "b"))
  }

  @Test(arguments: ["", "a:b", "a\nb"])
  func `what HTTP cannot carry is refused`(_ user: String) {
    #expect(throws: StoreError.self) { try RESTCredentials(user: user, password: "secret") }
  }

  @Test(arguments: ["http://host:8000/folder", "rest:http://host:8000/folder/", "rest:http://host:8000/folder"])
  func `an address is what stock restic takes`(_ address: String) throws {
    #expect(try RESTStore(address).address == "rest:http://host:8000/folder/")
  }

  @Test(arguments: ["", "rest:", "ftp://host/", "rest:http:///x", "http://host/?a", "http://host/#a", "http://ho st/", "http://höst/"])
  func `anything else is no address`(_ address: String) { #expect(throws: StoreError.self) { try RESTStore(address) } }
}
