package import Primitives

/// The blobs a tree names, without its nodes: a tree of tens of thousands of files is looked through in milliseconds.
package struct TreeReferences: Sendable {
  package private(set) var content: [ContentID] = []
  package private(set) var subtrees: [ContentID] = []

  /// - Parameter json: a tree's plaintext.
  package init(_ json: [UInt8]) throws(FormatError) {
    var content: [ContentID] = []
    var subtrees: [ContentID] = []
    try JSONReader.decode(json) { (reader) throws(FormatError) in
      try reader.openObject()
      while let key = try reader.nextKey() {
        switch key {
        case "nodes":
          if reader.null() { continue }
          try reader.openArray()
          while try reader.nextElement() { try Self.node(&reader, &content, &subtrees) }
        default: try reader.skip()
        }
      }
    }
    self.content = content
    self.subtrees = subtrees
  }

  private static func node(
    _ reader: inout JSONReader, _ content: inout [ContentID], _ subtrees: inout [ContentID]
  ) throws(FormatError) {
    try reader.openObject()
    while let key = try reader.nextKey() {
      switch key {
      case "content":
        if reader.null() { continue }
        try reader.openArray()
        while try reader.nextElement() { content.append(try reader.id()) }
      case "subtree": if let subtree = try reader.optionalID() { subtrees.append(subtree) }
      default: try reader.skip()
      }
    }
  }
}
