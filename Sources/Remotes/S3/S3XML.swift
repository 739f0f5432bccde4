/// One element of an answer of S3: names without their namespace, no attributes.
struct S3Element: Sendable {
  let name: String
  /// Its own, without its children's.
  fileprivate(set) var text = ""
  fileprivate(set) var children: [S3Element] = []

  /// The text of the first child of that name.
  subscript(_ name: String) -> String? { children.first { $0.name == name }?.text }
}

/// As much of XML as object storage answers with. Servers are not to be trusted with more: no entities of their own, no depth.
struct S3XML {
  /// Real answers have four levels.
  private static let deepest = 16

  private struct Open {
    var element: S3Element
    var text: [UInt8] = []
  }

  private var rest: ArraySlice<UInt8>
  private var open: [Open] = []
  private var root: S3Element?

  /// - Returns: `nil` for what is not one whole element.
  static func root(of bytes: [UInt8]) -> S3Element? {
    var parser = S3XML(rest: bytes[...])
    while !parser.rest.isEmpty { guard parser.step() else { return nil } }
    return parser.open.isEmpty ? parser.root : nil
  }

  private init(rest: ArraySlice<UInt8>) { self.rest = rest }

  /// - Returns: false where it is damaged.
  private mutating func step() -> Bool {
    if rest.first != UInt8(ascii: "<") { return takeText() }
    if take("<?") { return skip(to: "?>") != nil }
    if take("<!--") { return skip(to: "-->") != nil }
    if take("<![CDATA[") { return skip(to: "]]>").map { add($0) } ?? false }
    if take("</") { return skip(to: ">").map { close(Self.name(of: $0)) } ?? false }
    rest = rest.dropFirst()
    return takeTag()
  }

  private mutating func takeText() -> Bool {
    let text = rest.prefix { $0 != UInt8(ascii: "<") }
    rest = rest[text.endIndex...]
    guard let decoded = Self.decode(text) else { return false }
    return add(decoded[...])
  }

  private mutating func add(_ text: ArraySlice<UInt8>) -> Bool {
    if open.isEmpty { return text.allSatisfy(Self.isSpace) || (root == nil && text.elementsEqual([0xef, 0xbb, 0xbf])) }
    open[open.count - 1].text += text
    return true
  }

  private mutating func takeTag() -> Bool {
    var quote: UInt8?
    let tag = rest.prefix { byte in
      if byte == quote { quote = nil } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { quote = byte }
      return quote != nil || byte != UInt8(ascii: ">")
    }
    guard tag.endIndex < rest.endIndex else { return false }
    rest = rest[(tag.endIndex + 1)...]
    guard let name = Self.name(of: tag), open.count < Self.deepest, root == nil else { return false }
    open.append(Open(element: S3Element(name: name)))
    return tag.last == UInt8(ascii: "/") ? close(name) : true
  }

  private mutating func close(_ name: String?) -> Bool {
    guard var closed = open.popLast(), closed.element.name == name, let text = String(validating: closed.text, as: UTF8.self) else {
      return false
    }
    closed.element.text = text
    if open.isEmpty { root = closed.element } else { open[open.count - 1].element.children.append(closed.element) }
    return true
  }

  private mutating func take(_ text: String) -> Bool {
    guard rest.starts(with: text.utf8) else { return false }
    rest = rest.dropFirst(text.utf8.count)
    return true
  }

  /// What is before `end`, which is skipped too.
  private mutating func skip(to end: String) -> ArraySlice<UInt8>? {
    guard let found = rest.firstRange(of: Array(end.utf8)) else { return nil }
    defer { rest = rest[found.upperBound...] }
    return rest[..<found.lowerBound]
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

  private static func name(of tag: ArraySlice<UInt8>) -> String? {
    let name = tag.prefix { !isSpace($0) && $0 != UInt8(ascii: "/") }
    guard !name.isEmpty, name.first != UInt8(ascii: "!"), let text = String(validating: name, as: UTF8.self) else { return nil }
    return String(text.split(separator: ":", omittingEmptySubsequences: false).last ?? "")
  }

  private static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.contains(UInt8(ascii: "&")) else { return Array(text) }
    var decoded: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "&") else {
        decoded.append(byte)
        continue
      }
      let name = rest.prefix { $0 != UInt8(ascii: ";") }
      guard name.endIndex < rest.endIndex, let character = character(String(decoding: name, as: UTF8.self)) else { return nil }
      decoded += Array(String(character).utf8)
      rest = rest[(name.endIndex + 1)...]
    }
    return decoded
  }

  private static func character(_ entity: String) -> Unicode.Scalar? {
    switch entity {
    case "amp": "&"
    case "lt": "<"
    case "gt": ">"
    case "quot": "\""
    case "apos": "'"
    case _ where entity.hasPrefix("#x"): UInt32(entity.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
    case _ where entity.hasPrefix("#"): UInt32(entity.dropFirst()).flatMap(Unicode.Scalar.init)
    default: nil
    }
  }
}
