/// Header fields in the order of the wire. Names are looked up whatever their case.
package struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
  package struct Field: Hashable, Sendable {
    package let name: String
    package let value: String

    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package private(set) var fields: [Field]

  package init(_ fields: [Field] = []) { self.fields = fields }

  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field(name: $0, value: $1) }
  }

  /// The first field of that name.
  package subscript(_ name: String) -> String? {
    let name = name.lowercased()
    return fields.first { $0.name.lowercased() == name }?.value
  }

  package mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }
}

extension HTTPHeaders {
  /// Header fields and statuses as they come in, line by line.
  ///
  /// An answer may have several heads (`100 Continue`): the last counts. What comes behind the body (trailers) is a field like others.
  struct Reader {
    /// A hostile server could go on for ever; real heads are under 16 KiB.
    static let largestHead = 1 << 18

    private(set) var headers = HTTPHeaders()
    private var bytes = 0

    /// - Returns: false once the head is larger than any real one.
    mutating func take(_ line: some Collection<UInt8>) -> Bool {
      bytes += line.count
      guard bytes <= Self.largestHead else { return false }
      let text = String(decoding: line, as: UTF8.self)
      if text.hasPrefix("HTTP/") {
        headers = HTTPHeaders()
      } else if let colon = text.firstIndex(of: ":") {
        headers.add(Self.trimmed(text[..<colon]), Self.trimmed(text[text.index(after: colon)...]))
      }
      return true
    }

    private static func trimmed(_ text: Substring) -> String {
      let isSpace = { (character: Character) in character.isWhitespace }
      var rest = text.drop(while: isSpace)
      while let last = rest.last, isSpace(last) { rest.removeLast() }
      return String(rest)
    }
  }
}
