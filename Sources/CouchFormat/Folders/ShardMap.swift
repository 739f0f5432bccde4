package import Primitives

/// Which databases there are, in which shards, on which nodes: the documents of `_dbs.couch`.
package struct ShardMap: Sendable {
  package let entries: [Entry]

  package struct Entry: Hashable, Sendable {
    package let database: String
    /// `.1718000000`, or empty for very old maps.
    package let suffix: String
    /// What CouchDB routes by.
    package let byNode: [String: [HashRange]]
    /// The same the other way round; differs only in damaged maps.
    package let byRange: [HashRange: [String]]
    package let isPartitioned: Bool
    /// The database is gone; the map is the last one it had.
    package let isDeleted: Bool

    /// Every range a live map names, in order.
    package var ranges: [HashRange] {
      // Of a node alone, as nearly all are.
      if byNode.count == 1, let ranges = byNode.values.first, zip(ranges, ranges.dropFirst()).allSatisfy(<) { return ranges }
      return Set(byNode.values.joined()).sorted()
    }

    /// How many nodes hold each range; what CouchDB calls n.
    package var copies: Int { ranges.map { range in byNode.values.count { $0.contains(range) } }.max() ?? 0 }

    /// Whether `byRange` says the same as `byNode`.
    package var isConsistent: Bool {
      let one = Set(byNode.flatMap { node, ranges in ranges.map { "\($0) \(node)" } })
      let other = Set(byRange.flatMap { range, nodes in nodes.map { "\(range) \($0)" } })
      return one == other
    }

    package func shardPath(_ range: HashRange) -> ShardPath { ShardPath(range: range, database: database, suffix: suffix) }
  }

  /// - Parameter source: `_dbs.couch`.
  /// - Throws: `mapInvalid` for a document that is no shard map; design documents are passed.
  package init(_ source: any RandomAccess, _ header: FoundHeader) throws {
    let file = try DatabaseFile(source, header)
    let chunks = file.chunks()
    var entries: [Entry] = []
    try file.forEachDocument(chunks) { document in
      if !document.id.hasPrefix("_design/"), let entry = try Entry(document, chunks) { entries.append(entry) }
      return true
    }
    self.entries = entries
  }

  /// One database's entry, without a look at the others.
  ///
  /// - Returns: `nil` if the map has no such living database.
  package static func entry(of database: String, in source: any RandomAccess, _ header: FoundHeader) throws -> Entry? {
    let file = try DatabaseFile(source, header)
    let chunks = file.lookupChunks()
    return try file.document(database, chunks).flatMap { document in document.isDeleted ? nil : try Entry(document, chunks) }
  }

  /// The nodes that live databases have shards on, without anything else of the entries.
  ///
  /// - Throws: as `init`.
  package static func nodes(in source: any RandomAccess, _ header: FoundHeader) throws -> Set<String> {
    let file = try DatabaseFile(source, header)
    let chunks = file.chunks()
    var names: Set<String> = []
    try file.forEachDocument(chunks) { document in
      guard !document.isDeleted, !document.id.hasPrefix("_design/"), let stored = document.tree.winner?.stored else { return true }
      let summary = try Summary(try chunks.chunk(at: stored.pointer))
      names.formUnion(try decoding(document, at: stored.pointer) { () throws(CouchFormatError) in try nodes(of: summary.body) })
      return true
    }
    return names
  }

  private static func nodes(of body: EncodedTerm) throws(CouchFormatError) -> [String] {
    var names: [String] = []
    var members = try Members(body.cursor)
    while let (name, value) = try members.next() {
      guard name == "by_node" else { continue }
      var nodes = try Members(value)
      while let (node, _) = try nodes.next() { names.append(node) }
    }
    return names
  }

  /// Says of which database what does not decode.
  fileprivate static func decoding<Value>(
    _ document: FullDocument, at pointer: Int, _ body: () throws(CouchFormatError) -> Value
  ) throws(CouchFormatError) -> Value {
    do throws(CouchFormatError) {
      return try body()
    } catch {
      throw CouchFormatError(.mapInvalid, at: pointer, "the map of database '\(document.id)' does not decode: \(error.detail)")
    }
  }

  package var live: [Entry] { entries.filter { !$0.isDeleted } }
}

extension ShardMap.Entry {
  /// - Returns: `nil` for a document without a body.
  fileprivate init?(_ document: FullDocument, _ chunks: Chunks) throws {
    guard let stored = document.tree.winner?.stored else { return nil }
    let summary = try Summary(try chunks.chunk(at: stored.pointer))
    self = try ShardMap.decoding(document, at: stored.pointer) { () throws(CouchFormatError) in
      try Self(database: document.id, isDeleted: document.isDeleted, body: summary.body)
    }
  }

  fileprivate init(database: String, isDeleted: Bool, body: EncodedTerm) throws(CouchFormatError) {
    var suffix = ""
    var byNode: [String: [HashRange]] = [:]
    var byRange: [HashRange: [String]] = [:]
    var isPartitioned = false
    var members = try Members(body.cursor)
    while let (name, value) = try members.next() {
      var value = value
      switch name {
      case "shard_suffix": suffix = try Self.characters(&value)
      case "by_node":
        var nodes = try Members(value)
        while let (node, ranges) = try nodes.next() { byNode[node] = try Self.ranges(ranges) }
      case "by_range":
        var ranges = try Members(value)
        while let (range, nodes) = try ranges.next() { byRange[try Self.range(range)] = try Self.texts(nodes) }
      case "props":
        var props = try Members(value)
        while let (prop, flag) = try props.next() { if prop == "partitioned" { isPartitioned = flag.isAtom("true") } }
      default: break
      }
    }
    self.init(
      database: database, suffix: suffix, byNode: byNode, byRange: byRange, isPartitioned: isPartitioned, isDeleted: isDeleted)
  }

  private static func range(_ text: String) throws(CouchFormatError) -> HashRange {
    guard let range = HashRange(text) else { throw .term("'\(text)' is no range") }
    return range
  }

  private static func ranges(_ list: TermCursor) throws(CouchFormatError) -> [HashRange] {
    var ranges: [HashRange] = []
    for text in try texts(list) { ranges.append(try range(text)) }
    return ranges
  }

  /// A list of character codes; a binary in maps written by hand.
  private static func characters(_ cursor: inout TermCursor) throws(CouchFormatError) -> String {
    if try cursor.peekTag() == TermCursor.Tag.binary { return cursor.text(try cursor.readBinary()) }
    guard case .bytes(let range) = try cursor.readListHead() else { throw .term("a suffix that is no text") }
    return cursor.text(range)
  }

  private static func texts(_ list: TermCursor) throws(CouchFormatError) -> [String] {
    var list = list
    let count = try list.readItems()
    var texts: [String] = []
    for _ in 0..<count { texts.append(list.text(try list.readBinary())) }
    return texts
  }
}

/// The ids of `_nodes.couch`: the members of the cluster.
package enum NodeNames {
  package static func read(_ source: any RandomAccess, _ header: FoundHeader) throws -> [String] {
    let file = try DatabaseFile(source, header)
    var names: [String] = []
    try file.forEachDocument(file.chunks()) { document in
      if !document.isDeleted, !document.id.hasPrefix("_design/") { names.append(document.id) }
      return true
    }
    return names
  }
}
