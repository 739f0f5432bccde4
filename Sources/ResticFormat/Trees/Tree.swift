/// A directory: its nodes, unique and ordered by the bytes of their names.
package struct Tree: Sendable, Equatable {
  package let nodes: [TreeNode]

  /// - Parameter nodes: in any order.
  /// - Throws: `malformed` for two nodes of one name, or a name that cannot stand in a folder.
  package init(_ nodes: [TreeNode]) throws(FormatError) {
    self.nodes = nodes.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    for node in nodes where !TreeNode.isSafe(name: node.name) {
      throw FormatError(.malformed, "a folder cannot hold the name '\(node.displayName)'")
    }
    for (node, next) in zip(self.nodes, self.nodes.dropFirst()) where node.name == next.name {
      throw FormatError(.malformed, "a folder cannot hold the name '\(node.displayName)' twice")
    }
  }

  package func node(named name: String) -> TreeNode? {
    let name = Array(name.utf8)
    return nodes.first { $0.name == name }
  }

  /// The plaintext of the tree's blob: JSON and a newline.
  package func encode() -> [UInt8] {
    var json = JSONWriter()
    json.object { json in json.field("nodes") { $0.array(nodes) { $1.write(to: &$0) } } }
    return json.bytes + [0x0A]
  }

  /// Accepts nodes in any order, as old restic versions wrote them.
  package static func decode(_ json: [UInt8]) throws(FormatError) -> Tree {
    let nodes = try JSONReader.decode(json) { (reader) throws(FormatError) in
      var nodes: [TreeNode] = []
      try reader.openObject()
      while let key = try reader.nextKey() {
        switch key {
        case "nodes":
          if reader.null() { continue }
          try reader.openArray()
          while try reader.nextElement() { nodes.append(try TreeNode(&reader)) }
        default: try reader.skip()
        }
      }
      return nodes
    }
    return try Tree(nodes)
  }
}
