package import Primitives

/// One frozen moment: who took it, of what, and the root of its tree.
///
/// Fields we do not know (such as restic's `summary`) are passed over.
/// Source: restic `internal/data/snapshot.go`, `Snapshot`.
package struct Snapshot: Sendable, Equatable {
  package var time: Timestamp
  package var parent: ContentID?
  package var tree: ContentID
  package var paths: [String]
  package var hostname: String
  package var username: String
  package var userID: UInt32
  package var groupID: UInt32
  package var excludes: [String] = []
  package var tags: [String]
  /// The snapshot this one is a copy or rewrite of.
  package var original: ContentID?
  package var programVersion: String?

  package init(
    time: Timestamp, parent: ContentID? = nil, tree: ContentID, paths: [String], hostname: String, username: String,
    userID: UInt32 = 0, groupID: UInt32 = 0, tags: [String] = [], original: ContentID? = nil, programVersion: String? = nil
  ) {
    self.time = time
    self.parent = parent
    self.tree = tree
    self.paths = paths
    self.hostname = hostname
    self.username = username
    self.userID = userID
    self.groupID = groupID
    self.tags = tags
    self.original = original
    self.programVersion = programVersion
  }

  package func encode() -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("time", time.description)
      if let parent { json.field("parent", parent) }
      json.field("tree", tree)
      json.field("paths") { $0.array(paths) { $0.value($1) } }
      if !hostname.isEmpty { json.field("hostname", hostname) }
      if !username.isEmpty { json.field("username", username) }
      if userID != 0 { json.field("uid", userID) }
      if groupID != 0 { json.field("gid", groupID) }
      if !excludes.isEmpty { json.field("excludes") { $0.array(excludes) { $0.value($1) } } }
      if !tags.isEmpty { json.field("tags") { $0.array(tags) { $0.value($1) } } }
      if let original { json.field("original", original) }
      if let programVersion { json.field("program_version", programVersion) }
    }
    return json.bytes
  }

  package static func decode(_ json: [UInt8]) throws(FormatError) -> Snapshot {
    try JSONReader.decode(json) { (reader) throws(FormatError) in
      var time: Timestamp?
      var tree: ContentID?
      var snapshot = Snapshot(
        time: Timestamp(seconds: 0), tree: ContentID(hashing: []), paths: [], hostname: "", username: "")
      try reader.openObject()
      while let key = try reader.nextKey() {
        switch key {
        case "time": time = try reader.time()
        case "parent": snapshot.parent = try reader.optionalID()
        case "tree": tree = try reader.optionalID()
        case "paths": snapshot.paths = try reader.strings()
        case "hostname": snapshot.hostname = try reader.string()
        case "username": snapshot.username = try reader.string()
        case "uid": snapshot.userID = UInt32(clamping: try reader.unsigned())
        case "gid": snapshot.groupID = UInt32(clamping: try reader.unsigned())
        case "excludes": snapshot.excludes = try reader.strings()
        case "tags": snapshot.tags = try reader.strings()
        case "original": snapshot.original = try reader.optionalID()
        case "program_version": snapshot.programVersion = try reader.string()
        default: try reader.skip()
        }
      }
      guard let time else { throw reader.error("a snapshot without time") }
      guard let tree else { throw reader.error("a snapshot without tree") }
      snapshot.time = time
      snapshot.tree = tree
      return snapshot
    }
  }
}
