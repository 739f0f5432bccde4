import Crypto
import Primitives

/// The views a design document asks for: which file they are in, and which of its trees each is.
///
/// The file's name is the MD5 of the term `{Views, Language, Options, Lib}`. Views with the same map source and options share a tree;
/// trees are numbered in the order of their sources. Terms are spliced as they are stored: CouchDB encodes them the same way.
/// Source: apache/couchdb `couch_mrview_util.erl`, `ddoc_to_mrst/2`; `couch_index_util.erl`, `sort_lib/1`.
package struct DesignDocument: Sendable {
  package let id: String
  /// The name of the index file without `.view`, since 3.0.
  package let signature: String
  /// The same as CouchDB 2 computes it.
  package let oldSignature: String
  /// View name → number of its tree.
  package let views: [String: Int]
  /// Trees whose keys are in Erlang's order instead of ICU's.
  package let rawViews: Set<Int>
  /// `javascript`; `query` for Mango indexes.
  package let language: String

  /// - Throws: `documentInvalid` for a document that CouchDB would not index either.
  package init(id: String, body: EncodedTerm) throws(CouchFormatError) {
    self.id = id
    do throws(CouchFormatError) {
      let parts = try Parts(body.cursor)
      language = parts.language.text
      var views: [String: Int] = [:]
      var rawViews: Set<Int> = []
      for (number, tree) in parts.trees.enumerated() {
        for name in tree.names { views[name] = number }
        if tree.isRaw { rawViews.insert(number) }
      }
      self.views = views
      self.rawViews = rawViews
      signature = Self.digest(parts.signed(asVersion2: false))
      oldSignature = Self.digest(parts.signed(asVersion2: true))
    } catch {
      throw CouchFormatError(.documentInvalid, "the views of '\(id)' do not decode: \(error.detail)")
    }
  }

  private static func digest(_ bytes: [UInt8]) -> String { Hex.encode(Insecure.MD5.hash(data: bytes)) }
}

/// What the signature is made of.
private struct Parts {
  private(set) var trees: [Tree] = []
  private(set) var language = (term: TermBytes.binary("javascript"), text: "javascript")
  private var options = TermBytes.empty
  private var lib = TermBytes.empty
  private var seqIndexed = TermBytes.atom("false")
  private var keySeqIndexed = TermBytes.atom("false")

  /// One tree of the index: a map source, its options, and the names that use it.
  struct Tree {
    let map: [UInt8]
    let options: [UInt8]
    let isRaw: Bool
    /// Newest first, as CouchDB gathers them.
    var mapNames: [[UInt8]] = []
    var reductions: [[UInt8]] = []
    var names: [String] = []
  }

  init(_ body: TermCursor) throws(CouchFormatError) {
    if let options = try Members.value("options", of: body) {
      self.options = try Self.inside(options)
      if let flag = try Members.value("seq_indexed", of: options) { seqIndexed = flag.rest }
      if let flag = try Members.value("keyseq_indexed", of: options) { keySeqIndexed = flag.rest }
    }
    if var value = try Members.value("language", of: body) {
      language = (value.rest, value.text(try value.readBinary()))
    }
    guard let views = try Members.value("views", of: body) else { return }
    var members = try Members(views)
    while let (name, view) = try members.next() {
      if try view.peekTag() == TermCursor.Tag.smallTuple { try add(name, view) }
    }
    if let lib = try Members.value("lib", of: views) { self.lib = try Self.sortedLib(lib) }
    try sortTrees()
  }

  private mutating func add(_ name: String, _ view: TermCursor) throws(CouchFormatError) {
    guard let map = try Members.value("map", of: view)?.rest else { return }
    let wanted = try Members.value("options", of: view)
    var options = TermBytes.empty
    var isRaw = false
    if let wanted {
      options = try Self.inside(wanted)
      isRaw = try Members.value("collation", of: wanted)?.rest == TermBytes.binary("raw")
    }
    var index = trees.firstIndex { $0.map == map && $0.options == options }
    if index == nil {
      trees.append(Tree(map: map, options: options, isRaw: isRaw))
      index = trees.count - 1
    }
    guard let index else { return }
    trees[index].names.append(name)
    let reduce = try Members.value("reduce", of: view)
    if let reduce, !reduce.isAtom("null") {
      trees[index].reductions.insert(TermBytes.tuple([TermBytes.binary(name), reduce.rest]), at: 0)
    } else {
      trees[index].mapNames.insert(TermBytes.binary(name), at: 0)
    }
  }

  private mutating func sortTrees() throws(CouchFormatError) {
    var sorted: [Tree] = []
    for tree in trees {
      let key = TermBytes.tuple([tree.map, tree.options])
      var place = sorted.count
      while place > 0, try Self.precedes(key, sorted[place - 1]) { place -= 1 }
      sorted.insert(tree, at: place)
    }
    trees = sorted
  }

  private static func precedes(_ key: [UInt8], _ other: Tree) throws(CouchFormatError) -> Bool {
    let otherKey = TermBytes.tuple([other.map, other.options])
    return try TermOrder.compare(TermCursor(key, key.indices), TermCursor(otherKey, otherKey.indices)) < 0
  }

  /// The list inside an object's tuple.
  private static func inside(_ object: TermCursor) throws(CouchFormatError) -> [UInt8] {
    var cursor = object
    try cursor.readTuple(of: 1)
    return cursor.rest
  }

  /// An object as a list of members in order of name, objects inside it alike. Deeper than any library, it is given up.
  private static func sortedLib(_ object: TermCursor, depth: Int = 0) throws(CouchFormatError) -> [UInt8] {
    guard depth < 100 else { throw .term("a library nested too deep") }
    var members = try Members(object)
    var sorted: [(name: [UInt8], value: [UInt8])] = []
    while let (name, value) = try members.next() {
      let isObject = try value.peekTag() == TermCursor.Tag.smallTuple
      sorted.append((Array(name.utf8), isObject ? try sortedLib(value, depth: depth + 1) : value.rest))
    }
    sorted.sort { TermOrder.compareBytes($0.name[...], $1.name[...]) < 0 }
    return TermBytes.list(sorted.map { TermBytes.tuple([TermBytes.binary($0.name), $0.value]) })
  }

  /// The term that is signed. CouchDB 2 had three more fields in a view's record.
  func signed(asVersion2: Bool) -> [UInt8] {
    let records = trees.enumerated().map { number, tree in
      let zero = TermBytes.integer(0)
      let head = [TermBytes.atom("mrview"), TermBytes.integer(number), zero, zero]
      let old = [TermBytes.atom("nil"), TermBytes.atom("nil"), seqIndexed, keySeqIndexed]
      let names = [TermBytes.list(tree.mapNames), TermBytes.list(tree.reductions), tree.map, TermBytes.atom("nil")]
      return TermBytes.tuple(head + names + (asVersion2 ? old : []) + [tree.options])
    }
    return [TermCompression.version] + TermBytes.tuple([TermBytes.list(records), language.term, options, lib])
  }
}
