/// Whole documents as JSON, the way CouchDB answers them or in canonical form.
package enum DocumentJSON {
  /// Writes one revision: `_id`, `_rev`, the body's members, then `_deleted`, `_revisions` if wanted, attachment stubs.
  ///
  /// With style `.couch` and `revisions`: byte for byte what `GET /db/id?rev=…&revs=true` answers.
  package static func write(
    _ document: FullDocument, _ revision: RevisionTree.Revision, _ summary: Summary, revisions: Bool = false, to writer: inout JSONWriter
  ) throws(CouchFormatError) {
    writer.beginObject()
    writer.name("_id")
    writer.string(document.idBytes)
    writer.name("_rev")
    writer.string(document.tree.rev(revision))
    try writer.members(of: summary.body)
    if revision.stored?.isDeleted == true {
      writer.name("_deleted")
      writer.bool(true)
    }
    if revisions { write(document.tree.path(of: revision), from: revision.depth, to: &writer) }
    if !summary.attachments.isEmpty { write(summary.attachments, to: &writer) }
    writer.endObject()
  }

  package static func write(_ document: LocalDocument, to writer: inout JSONWriter) throws(CouchFormatError) {
    writer.beginObject()
    writer.name("_id")
    writer.string(document.idBytes)
    writer.name("_rev")
    writer.string(document.rev)
    try writer.members(of: document.body)
    writer.endObject()
  }

  private static func write(_ path: [String], from depth: Int, to writer: inout JSONWriter) {
    writer.name("_revisions")
    writer.beginObject()
    writer.name("start")
    writer.integer(depth)
    writer.name("ids")
    writer.beginArray()
    for id in path { writer.string(id) }
    writer.endArray()
    writer.endObject()
  }

  private static func write(_ attachments: [Attachment], to writer: inout JSONWriter) {
    writer.name("_attachments")
    writer.beginObject()
    for attachment in attachments {
      writer.name(Array(attachment.name.utf8)[...])
      writer.beginObject()
      writer.name("content_type")
      writer.string(attachment.contentType)
      writer.name("revpos")
      writer.integer(attachment.revpos)
      if !attachment.md5.isEmpty {
        writer.name("digest")
        writer.string("md5-" + Base64.encode(attachment.md5))
      }
      writer.name("length")
      writer.integer(attachment.length)
      writer.name("stub")
      writer.bool(true)
      writer.endObject()
    }
    writer.endObject()
  }
}

/// Base 64 with padding, for digests.
private enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let word = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for index in 0..<4 {
        text.append(index > group.count ? UInt8(ascii: "=") : digits[word >> (18 - 6 * index) & 63])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
