/// Writes a B+tree whose entries are all known: leaves from left to right, then the levels above them.
///
/// A child lies before its parent and names its last key, as in trees that CouchDB wrote entry by entry.
/// Source: apache/couchdb `couch_btree.erl`, `write_node/3`, `chunkify/1`.
struct TreeWriter {
  /// `[couchdb] btree_chunk_size`: a node is closed once its entries have so many bytes.
  private static let nodeSize = 1279

  struct Entry {
    let key: [UInt8]
    let value: [UInt8]
    let sum: TreeSum

    /// - Parameter sum: What this entry adds to the reduction.
    init(key: [UInt8], value: [UInt8], sum: TreeSum = TreeSum(entries: 1)) {
      self.key = key
      self.value = value
      self.sum = sum
    }
  }

  /// A node that is in the file.
  private struct Node {
    let lastKey: [UInt8]
    let pointer: Int
    let sum: TreeSum
    /// With everything below.
    let size: Int

    func reference(_ kind: TreeKind) -> [UInt8] {
      TermBytes.tuple([TermBytes.integer(pointer), sum.reduction(of: kind), TermBytes.integer(size)])
    }
  }

  /// - Parameter entries: in the order of their keys, each key once.
  /// - Returns: What a header says of the tree: `{Pos, Reduction, Size}`, or `nil` for an empty one.
  static func write(_ entries: [Entry], _ kind: TreeKind, to file: inout BlockWriter) -> [UInt8] {
    if entries.isEmpty { return TermBytes.atom("nil") }
    var level = nodes(entries) { $0.key.count + $0.value.count }.map { group in
      node(
        "kv_node", group.map { TermBytes.tuple([$0.key, $0.value]) }, group.map(\.sum), below: 0, last: group[group.endIndex - 1].key, &file
      )
    }
    while level.count > 1 {
      level = nodes(level) { $0.lastKey.count + $0.reference(kind).count }.map { group in
        let entries = group.map { TermBytes.tuple([$0.lastKey, $0.reference(kind)]) }
        let below = group.reduce(0) { $0 + $1.size }
        return node("kp_node", entries, group.map(\.sum), below: below, last: group[group.endIndex - 1].lastKey, &file)
      }
    }
    return level[0].reference(kind)
  }

  private static func node(
    _ name: String, _ entries: [[UInt8]], _ sums: [TreeSum], below: Int, last: [UInt8], _ file: inout BlockWriter
  ) -> Node {
    let written = file.term(TermBytes.tuple([TermBytes.atom(name), TermBytes.list(entries)]))
    var sum = TreeSum()
    for part in sums { sum.add(part) }
    return Node(lastKey: last, pointer: written.pointer, sum: sum, size: below + written.diskLength)
  }

  /// Groups of at least two, so that each level is smaller than the one below; only a last group may be of one.
  private static func nodes<Item>(_ items: [Item], size: (Item) -> Int) -> [ArraySlice<Item>] {
    var groups: [ArraySlice<Item>] = []
    var start = 0
    var bytes = 0
    for index in items.indices {
      bytes += size(items[index])
      guard bytes >= nodeSize, index > start else { continue }
      groups.append(items[start...index])
      start = index + 1
      bytes = 0
    }
    if start < items.count { groups.append(items[start...]) }
    return groups
  }
}

extension TreeSum {
  /// As a node's parent, or the header, says it.
  func reduction(of kind: TreeKind) -> [UInt8] {
    switch kind {
    case .local, .viewIDs: return TermBytes.empty
    case .byID:
      let sizes = sizes ?? Sizes()
      return TermBytes.tuple([
        TermBytes.integer(entries - deleted), TermBytes.integer(deleted),
        TermBytes.tuple([TermBytes.atom("size_info"), TermBytes.integer(sizes.active), TermBytes.integer(sizes.external)]),
      ])
    default: return TermBytes.integer(entries)
    }
  }
}
