package import Primitives

/// The blobs of one pack, as an index file lists them.
package struct IndexedPack: Sendable, Hashable {
  package let id: ContentID
  package let blobs: [PackedBlob]

  package init(id: ContentID, blobs: [PackedBlob]) {
    self.id = id
    self.blobs = blobs
  }
}

/// An index file's JSON: which blobs lie in which packs.
///
///     {"packs":[{"id":…,"blobs":[{"id":…,"type":"data","offset":0,"length":38,"uncompressed_length":5},…]},…]}
///
/// Written and read by hand: files hold up to 50 000 blobs and a repository has millions.
/// Source: restic `internal/repository/index/index.go`, `jsonIndex`, `packJSON`, `blobJSON`.
package enum IndexFile {
  /// restic's own bound; readers must hold one file in memory.
  package static let mostBlobs = 50_000
  private static let bytesPerBlob = 180

  package static func encode(_ packs: [IndexedPack]) -> [UInt8] {
    var json: [UInt8] = []
    json.reserveCapacity(packs.reduce(100) { $0 + 100 + $1.blobs.count * bytesPerBlob })
    json += Array("{\"packs\":[".utf8)
    for (number, pack) in packs.enumerated() {
      json += Array((number == 0 ? "{\"id\":\"" : ",{\"id\":\"").utf8)
      pack.id.appendHex(to: &json)
      json += Array("\",\"blobs\":[".utf8)
      for (number, blob) in pack.blobs.enumerated() { append(blob, isFirst: number == 0, to: &json) }
      json += Array("]}".utf8)
    }
    json += Array("]}".utf8)
    return json
  }

  package static func decode(_ json: [UInt8]) throws(FormatError) -> [IndexedPack] {
    try JSONReader.decode(json) { (reader) throws(FormatError) in
      var packs: [IndexedPack] = []
      try reader.openObject()
      while let key = try reader.nextKey() {
        switch key {
        case "packs":
          if reader.null() { continue }
          try reader.openArray()
          while try reader.nextElement() { packs.append(try pack(&reader)) }
        default: try reader.skip()
        }
      }
      return packs
    }
  }

  private static func pack(_ reader: inout JSONReader) throws(FormatError) -> IndexedPack {
    var id: ContentID?
    var blobs: [PackedBlob] = []
    try reader.openObject()
    while let key = try reader.nextKey() {
      switch key {
      case "id": id = try reader.id()
      case "blobs":
        if reader.null() { continue }
        try reader.openArray()
        while try reader.nextElement() { blobs.append(try blob(&reader)) }
      default: try reader.skip()
      }
    }
    guard let id else { throw reader.error("a pack without id") }
    return IndexedPack(id: id, blobs: blobs)
  }

  private static func blob(_ reader: inout JSONReader) throws(FormatError) -> PackedBlob {
    var id: ContentID?
    var kind: BlobKind?
    var offset: Int?
    var length: Int?
    var uncompressedLength: Int?
    try reader.openObject()
    while let key = try reader.nextKey() {
      switch key {
      case "id": id = try reader.id()
      case "type": kind = try blobKind(&reader)
      case "offset": offset = try reader.integer()
      case "length": length = try reader.integer()
      case "uncompressed_length": uncompressedLength = try reader.integer()
      default: try reader.skip()
      }
    }
    guard let id, let kind, let offset, let length else { throw reader.error("a blob without id, type, offset or length") }
    let sizes = 0...Int(UInt32.max)
    guard sizes.contains(offset), sizes.contains(length), length >= SealingKey.overhead, sizes.contains(uncompressedLength ?? 0)
    else { throw reader.error("a blob with an impossible offset or length") }
    return PackedBlob(
      handle: BlobHandle(id, kind), offset: offset, length: length,
      uncompressedLength: uncompressedLength == 0 ? nil : uncompressedLength)
  }

  private static func blobKind(_ reader: inout JSONReader) throws(FormatError) -> BlobKind {
    let kind: BlobKind? = try reader.plainString { text in
      if text.elementsEqual("data".utf8) { return .data }
      return text.elementsEqual("tree".utf8) ? .tree : nil
    }
    guard let kind else { throw reader.error("a blob that is neither data nor tree") }
    return kind
  }

  private static func append(_ blob: PackedBlob, isFirst: Bool, to json: inout [UInt8]) {
    json += Array((isFirst ? "{\"id\":\"" : ",{\"id\":\"").utf8)
    blob.handle.id.appendHex(to: &json)
    json += Array((blob.handle.kind == .data ? "\",\"type\":\"data\",\"offset\":" : "\",\"type\":\"tree\",\"offset\":").utf8)
    append(blob.offset, to: &json)
    json += Array(",\"length\":".utf8)
    append(blob.length, to: &json)
    if let plain = blob.uncompressedLength {
      json += Array(",\"uncompressed_length\":".utf8)
      append(plain, to: &json)
    }
    json.append(UInt8(ascii: "}"))
  }

  private static func append(_ number: Int, to json: inout [UInt8]) { json += Array(String(number).utf8) }
}

extension JSONReader {
  mutating func id() throws(FormatError) -> ContentID {
    let id = try plainString { text in ContentID(digits: text) }
    guard let id else { throw error("an id is not 64 hexadecimal digits") }
    return id
  }

  /// `null` or an id.
  mutating func optionalID() throws(FormatError) -> ContentID? { null() ? nil : try id() }

  mutating func strings() throws(FormatError) -> [String] {
    if null() { return [] }
    var strings: [String] = []
    try openArray()
    while try nextElement() { strings.append(try string()) }
    return strings
  }

  mutating func time() throws(FormatError) -> Timestamp {
    let time: Timestamp? = try plainString { Timestamp(utf8: $0) }
    guard let time else { throw error("a time is not RFC 3339") }
    return time
  }
}
