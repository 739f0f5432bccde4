import Primitives
import Remotes
import Stores
import Testing

struct S3PlaceTests {
  struct Row: Sendable {
    let address: String
    let known: String
    let host: String
    let path: String
    var region = "us-east-1"
  }

  @Test(arguments: [
    Row(
      address: "http://127.0.0.1:9000/bucket/a/b", known: "s3:http://127.0.0.1:9000/bucket/a/b", host: "127.0.0.1:9000", path: "/bucket/k"),
    Row(
      address: "s3:HTTPS://Store.Example.org:443/bucket/", known: "s3:https://store.example.org/bucket", host: "store.example.org",
      path: "/bucket/k"),
    Row(address: "http://h:443/b", known: "s3:http://h:443/b", host: "h:443", path: "/b/k"),
    Row(address: "https://h/b//a%20%C3%A9/", known: "s3:https://h/b/a%20%C3%A9", host: "h", path: "/b/k"),
    Row(address: "https://s3.amazonaws.com/b", known: "s3:https://s3.amazonaws.com/b", host: "b.s3.amazonaws.com", path: "/k"),
    Row(
      address: "https://s3.eu-west-1.amazonaws.com/b/p", known: "s3:https://s3.eu-west-1.amazonaws.com/b/p",
      host: "b.s3.eu-west-1.amazonaws.com", path: "/k", region: "eu-west-1"),
    Row(
      address: "https://s3.eu-west-1.amazonaws.com/b.c", known: "s3:https://s3.eu-west-1.amazonaws.com/b.c",
      host: "s3.eu-west-1.amazonaws.com", path: "/b.c/k", region: "eu-west-1"),
  ])
  func `an address says server, bucket and prefix`(_ row: Row) throws {
    let place = try S3Place(row.address)

    #expect(place.address == row.known)
    #expect(place.host == row.host)
    #expect(place.path(of: "k") == row.path)
    #expect(place.region == row.region)
    #expect(try S3Place(place.address) == place)
  }

  @Test func `addressing and region are as one says`() throws {
    let place = try S3Place("http://localhost:9000/b/p", region: "moon-1", addressing: .host)

    #expect(place.host == "b.localhost:9000")
    #expect(place.path(of: nil) == "/")
    #expect(place.region == "moon-1")
  }

  @Test(arguments: [
    "", "s3:", "bucket", "s3:s3.amazonaws.com/bucket", "ftp://h/b", "https://", "https://h", "https://h/", "https:///b", "https://h/b?x=1",
    "https://h/b#x", "https://AKIA:topsecret@h/b", "https://h/b/../c", "https://h/b/%2e%2e", "https://h/b/a%2Fb", "https://h/b/%0a",
    "https://h/b/%zz", "https://h/b c", "https://h/b%20c", "https://h/%ff/p",
  ])
  func `what is no address is refused with the shape of one`(_ address: String) {
    let error = #expect(throws: StoreError.self) { try S3Place(address) }

    #expect(error?.kind == .noSuchPlace)
    #expect(error?.hints == ["write it as https://ENDPOINT/BUCKET/PREFIX"])
    #expect(error?.description.contains("topsecret") == false)
  }
}
