import CouchFormat
import Testing

struct DatabaseNameTests {
  @Test(arguments: ["medic", "a", "medic-user-ann-meta", "odd/deep/er_$()+-name", "a0_", String(repeating: "a", count: 255)])
  func `a name that CouchDB allows is one`(_ text: String) {
    #expect(DatabaseName(text)?.description == text)
  }

  @Test(arguments: [
    "", "A", "1a", "_users", "a.b", "a b", "a%", "ä", "a/_replicator", "a/_users", "/a", "a/", "a//b", "a/../b",
    String(repeating: "a", count: 256),
  ])
  func `what is none, what CouchDB keeps for itself, and what no file can be called is not`(_ text: String) {
    #expect(DatabaseName(text) == nil)
  }

  @Test func `in a URL all but letters, digits, dashes and underscores are encoded`() {
    #expect(DatabaseName("odd/er_$()+-name")?.percentEncoded == "odd%2Fer_%24%28%29%2B-name")
  }
}
