/// A lock as restic writes it: whoever works on a repository says so, so that a `prune` stays away.
///
/// Source: restic `internal/repository/lock_file.go`, `lockHandle`.
package struct LockFile: Sendable, Equatable {
  package var time: Timestamp
  package var isExclusive: Bool
  package var hostname: String
  package var username: String
  package var processID: Int
  package var userID: UInt32
  package var groupID: UInt32

  package init(
    time: Timestamp, isExclusive: Bool, hostname: String, username: String, processID: Int, userID: UInt32 = 0, groupID: UInt32 = 0
  ) {
    self.time = time
    self.isExclusive = isExclusive
    self.hostname = hostname
    self.username = username
    self.processID = processID
    self.userID = userID
    self.groupID = groupID
  }

  package func encode() -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("time", time.description)
      json.field("exclusive", isExclusive)
      json.field("hostname", hostname)
      json.field("username", username)
      json.field("pid", processID)
      if userID != 0 { json.field("uid", userID) }
      if groupID != 0 { json.field("gid", groupID) }
    }
    return json.bytes
  }

  package static func decode(_ json: [UInt8]) throws(FormatError) -> LockFile {
    try JSONReader.decode(json) { (reader) throws(FormatError) in
      var time: Timestamp?
      var lock = LockFile(time: Timestamp(seconds: 0), isExclusive: false, hostname: "", username: "", processID: 0)
      try reader.openObject()
      while let key = try reader.nextKey() {
        switch key {
        case "time": time = try reader.time()
        case "exclusive": lock.isExclusive = try reader.boolean()
        case "hostname": lock.hostname = try reader.string()
        case "username": lock.username = try reader.string()
        case "pid": lock.processID = try reader.integer()
        case "uid": lock.userID = UInt32(clamping: try reader.unsigned())
        case "gid": lock.groupID = UInt32(clamping: try reader.unsigned())
        default: try reader.skip()
        }
      }
      guard let time else { throw reader.error("a lock without time") }
      lock.time = time
      return lock
    }
  }
}
