package import Primitives

/// Another node name in the files that hold it: CouchDB serves a shard only on the node its map names.
///
/// What an administrator would do by hand on a running server, document by document: replace the name in `by_node` and `by_range`, and
/// note it in `changelog`. Everything else of a map's document is kept, byte for byte. Tombstones are left as they are.
/// Source: apache/couchdb `mem3_util.erl`, `build_shards_by_node/2`; `mem3_nodes.erl`.
package struct NodeRenaming: Sendable {
  package let old: NodeName
  package let new: NodeName

  package init(from old: NodeName, to new: NodeName) {
    self.old = old
    self.new = new
  }

  /// A file as it is to be written.
  package struct Result: Sendable {
    package let bytes: [UInt8]
    /// Documents that named the node.
    package let documents: Int
  }

  /// `_dbs.couch` with the new name.
  ///
  /// - Returns: `nil` if no living document names the old one.
  /// - Throws: `mapInvalid` if a map names both: two nodes cannot become one.
  package func shardMap(_ source: any RandomAccess, _ found: FoundHeader) throws -> Result? {
    try rewritten(source, found) { document, database in
      do throws(CouchFormatError) {
        guard let body = try mapBody(EncodedTerm(document.body, document.body.indices)) else { return nil }
        return [document.edited(body: body, updateSeq: database.updateSeq + 1, revsLimit: database.revsLimit)]
      } catch {
        throw CouchFormatError(.mapInvalid, "the map of database '\(document.id)': \(error.detail)")
      }
    }
  }

  /// `_nodes.couch` with the new name: the old member's document is deleted, and the new one has its body.
  ///
  /// - Returns: `nil` if the old name is no member.
  package func members(_ source: any RandomAccess, _ found: FoundHeader) throws -> Result? {
    try rewritten(source, found) { document, database in
      guard document.id == old.description else { return nil }
      let before = database.documents.first { $0.id == new.description }
      if before?.isDeleted == false {
        throw CouchFormatError(.mapInvalid, "'\(new)' is a member of the cluster already, beside '\(old)'")
      }
      let sequence = database.updateSeq + 1
      let gone = document.edited(
        body: TermBytes.object([]), isDeleted: true, updateSeq: sequence, revsLimit: database.revsLimit)
      let member =
        before?.edited(body: document.body, updateSeq: sequence + 1, revsLimit: database.revsLimit)
        ?? FreshDocument(newID: new.description, updateSeq: sequence + 1, body: document.body)
      return [gone, member]
    }
  }

  /// - Parameter edit: gives what takes a document's place, with sequences from the database's next on; `nil` for itself.
  private func rewritten(
    _ source: any RandomAccess, _ found: FoundHeader, _ edit: (FreshDocument, FreshDatabase) throws -> [FreshDocument]?
  ) throws -> Result? {
    var database = try FreshDatabase(continuing: source, found)
    guard database.updateSeq < Int.max / 2 else { throw CouchFormatError(.headerUnknown, at: found.offset, "an impossible update_seq") }
    var edited = 0
    var replacements: [FreshDocument] = []
    for document in database.documents where !document.isDeleted && !document.id.hasPrefix("_design/") {
      guard let replacement = try edit(document, database) else { continue }
      replacements += replacement
      database.updateSeq += replacement.count
      edited += 1
    }
    if edited == 0 { return nil }
    let ids = Set(replacements.map(\.idBytes))
    database.documents = database.documents.filter { !ids.contains($0.idBytes) } + replacements
    return Result(bytes: try database.bytes(), documents: edited)
  }
}

// MARK: The document of one database

extension NodeRenaming {
  /// - Returns: The body with the new name, `nil` if it does not hold the old one.
  package func mapBody(_ body: EncodedTerm) throws(CouchFormatError) -> [UInt8]? {
    var members: [(name: String, key: [UInt8], value: [UInt8])] = []
    var ranges: [[UInt8]]?
    var lone: [[UInt8]]?
    var namesNew = false
    var all = try Members(body.cursor)
    while let (name, key, value) = try all.nextMember() {
      switch name {
      case "by_node": members.append((name, key, try byNode(value, &ranges, &namesNew)))
      case "by_range": members.append((name, key, try byRange(value, &lone, &namesNew)))
      default: members.append((name, key, value.rest))
      }
    }
    // Where the two contradict each other, CouchDB goes by by_node.
    guard let renamed = ranges ?? lone else { return nil }
    if namesNew { throw CouchFormatError(.mapInvalid, "it names both '\(old)' and '\(new)'") }
    let added = renamed.map { TermBytes.list([TermBytes.binary("add"), $0, TermBytes.binary(new.description)]) }
    if let index = members.firstIndex(where: { $0.name == "changelog" }) {
      let log = members[index].value
      members[index].value = TermBytes.list(try Self.items(of: TermCursor(log, log.indices)) + added)
    } else {
      members.append(("changelog", TermBytes.binary("changelog"), TermBytes.list(added)))
    }
    return TermBytes.tuple([TermBytes.list(members.map { TermBytes.tuple([$0.key, $0.value]) })])
  }

  /// NODE → list of RANGE.
  private func byNode(_ object: TermCursor, _ renamed: inout [[UInt8]]?, _ namesNew: inout Bool) throws(CouchFormatError) -> [UInt8] {
    var members: [[UInt8]] = []
    var nodes = try Members(object)
    while let (node, key, ranges) = try nodes.nextMember() {
      if node == new.description { namesNew = true }
      if node == old.description { renamed = try Self.items(of: ranges) }
      members.append(TermBytes.tuple([node == old.description ? TermBytes.binary(new.description) : key, ranges.rest]))
    }
    return TermBytes.tuple([TermBytes.list(members)])
  }

  /// RANGE → list of NODE, in order of preference.
  private func byRange(_ object: TermCursor, _ renamed: inout [[UInt8]]?, _ namesNew: inout Bool) throws(CouchFormatError) -> [UInt8] {
    var members: [[UInt8]] = []
    var ranges = try Members(object)
    while let (_, key, nodes) = try ranges.nextMember() {
      var names: [[UInt8]] = []
      for item in try Self.items(of: nodes) {
        var cursor = TermCursor(item, item.indices)
        let name = cursor.text(try cursor.readBinary())
        if name == new.description { namesNew = true }
        if name == old.description { renamed = (renamed ?? []) + [key] }
        names.append(name == old.description ? TermBytes.binary(new.description) : item)
      }
      members.append(TermBytes.tuple([key, TermBytes.list(names)]))
    }
    return TermBytes.tuple([TermBytes.list(members)])
  }

  /// The terms of a list, each as it is stored.
  private static func items(of list: TermCursor) throws(CouchFormatError) -> [[UInt8]] {
    var list = list
    let count = try list.readItems()
    var items: [[UInt8]] = []
    for _ in 0..<count { items.append(Array(list.bytes[try list.skipTerm()])) }
    if count > 0 { try list.readTail() }
    return items
  }
}

extension FreshDocument {
  fileprivate var id: String { String(decoding: idBytes, as: UTF8.self) }
}
