import Primitives

extension TreeNode {
  /// restic's fields in restic's order, so that a tree it wrote keeps its id when written again.
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("name", NodeName.quote(name))
      json.field("type", kind.rawValue)
      if mode.goBits != 0 { json.field("mode", mode.goBits) }
      json.field("mtime", modified)
      json.field("atime", accessed)
      json.field("ctime", changed)
      json.field("uid", userID)
      json.field("gid", groupID)
      if !user.isEmpty { json.field("user", user) }
      if !group.isEmpty { json.field("group", group) }
      if inode != 0 { json.field("inode", inode) }
      if deviceID != 0 { json.field("device_id", deviceID) }
      if size != 0 { json.field("size", size) }
      if links != 0 { json.field("links", links) }
      writeLinkTarget(to: &json)
      if !attributes.isEmpty { json.field("extended_attributes") { $0.array(attributes, Self.write) } }
      if device != 0 { json.field("device", device) }
      json.field("content") { json in
        if kind == .file { json.array(content) { $0.value($1) } } else { json.literal("null") }
      }
      if let subtree { json.field("subtree", subtree) }
    }
  }

  /// - Throws: also for a name that would leave its folder, and for a file without content list or a folder without tree.
  init(_ reader: inout JSONReader) throws(FormatError) {
    self.init(name: [], kind: .file, mode: FileMode(goBits: 0), modified: Timestamp(seconds: 0))
    var kind: String?
    var hasContent = false
    var rawTarget: [UInt8]?
    try reader.openObject()
    while let key = try reader.nextKey() {
      switch key {
      case "name":
        guard let name = NodeName.unquote(try reader.string()) else { throw reader.error("a name has a damaged escape") }
        self.name = name
      case "type": kind = try reader.string()
      case "mode": mode = FileMode(goBits: UInt32(truncatingIfNeeded: try reader.unsigned()))
      case "mtime": modified = try reader.time()
      case "atime": accessed = try reader.time()
      case "ctime": changed = try reader.time()
      case "uid": userID = UInt32(truncatingIfNeeded: try reader.unsigned())
      case "gid": groupID = UInt32(truncatingIfNeeded: try reader.unsigned())
      case "user": user = try reader.string()
      case "group": group = try reader.string()
      case "inode": inode = try reader.unsigned()
      case "device_id": deviceID = try reader.unsigned()
      case "size":
        size = try reader.unsigned()
        guard size <= Self.largestFile else { throw reader.error("a file of \(size) bytes") }
      case "links": links = try reader.unsigned()
      case "linktarget": linkTarget = Array(try reader.string().utf8)
      case "linktarget_raw": rawTarget = Base64.decode(try reader.string())
      case "extended_attributes": attributes = try Self.attributes(&reader)
      case "device": device = try reader.unsigned()
      case "content":
        if reader.null() { continue }
        hasContent = true
        try reader.openArray()
        while try reader.nextElement() { content.append(try reader.id()) }
      case "subtree": subtree = try reader.optionalID()
      default: try reader.skip()
      }
    }
    guard let kind = kind.flatMap(Kind.init) else {
      throw FormatError(.unsupported, "node '\(displayName)' is of unknown type '\(kind ?? "")'")
    }
    self.kind = kind
    if let rawTarget { linkTarget = rawTarget }
    guard Self.isSafe(name: name) else { throw FormatError(.malformed, "a tree holds the impossible name '\(displayName)'") }
    guard kind != .file || hasContent else { throw FormatError(.malformed, "file '\(displayName)' has no content list") }
    guard kind != .dir || subtree != nil else { throw FormatError(.malformed, "folder '\(displayName)' has no tree") }
  }

  private func writeLinkTarget(to json: inout JSONWriter) {
    guard !linkTarget.isEmpty else { return }
    let text = String(decoding: linkTarget, as: UTF8.self)
    json.field("linktarget", text)
    if !text.utf8.elementsEqual(linkTarget) { json.field("linktarget_raw", Base64.encode(linkTarget)) }
  }

  private static func write(_ json: inout JSONWriter, _ attribute: Attribute) {
    json.object { json in
      json.field("name", attribute.name)
      json.field("value", Base64.encode(attribute.value))
    }
  }

  private static func attributes(_ reader: inout JSONReader) throws(FormatError) -> [Attribute] {
    if reader.null() { return [] }
    var attributes: [Attribute] = []
    try reader.openArray()
    while try reader.nextElement() {
      var name = ""
      var value: [UInt8] = []
      try reader.openObject()
      while let key = try reader.nextKey() {
        switch key {
        case "name": name = try reader.string()
        case "value": value = reader.null() ? [] : Base64.decode(try reader.string()) ?? []
        default: try reader.skip()
        }
      }
      attributes.append(Attribute(name: name, value: value))
    }
    return attributes
  }
}
