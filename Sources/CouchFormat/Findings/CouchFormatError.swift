import Primitives

/// Bytes that are not what CouchDB writes: what was expected, and where in the file.
package struct CouchFormatError: Explainable {
  package enum Kind: String, Sendable {
    /// A pointer or length leads past the end of the file.
    case beyondEnd = "beyond-end"
    case checksumMismatch = "checksum-mismatch"
    case compressionInvalid = "compression-invalid"
    case termInvalid = "term-invalid"
    case nodeInvalid = "node-invalid"
    case keyOrder = "key-order"
    /// A child at or after what points to it.
    case childAfterParent = "child-after-parent"
    /// More bytes of nodes, or of bodies, than the file has: something is reached twice.
    case treeTooLarge = "tree-too-large"
    /// A header whose checksum is right and whose record is none we know: written by a newer CouchDB?
    case headerUnknown = "header-unknown"
    /// The header belongs to another kind of file than the one asked for.
    case headerUnexpected = "header-unexpected"
    case documentInvalid = "document-invalid"
    case attachmentInvalid = "attachment-invalid"
    case mapInvalid = "map-invalid"
    case cancelled
  }

  package let kind: Kind
  /// Byte offset in the file, where known.
  package let offset: Int?
  package let detail: String

  package init(_ kind: Kind, at offset: Int? = nil, _ detail: String) {
    self.kind = kind
    self.offset = offset
    self.detail = detail
  }

  /// The same error with the place it happened at, if it has none yet.
  package func located(at offset: Int) -> Self {
    Self(kind, at: self.offset ?? offset, detail)
  }

  package var summary: String { offset.map { "\(detail) (at byte \($0))" } ?? detail }

  package var hints: [String] {
    switch kind {
    case .headerUnknown: ["written by a newer CouchDB than 3.5? use an akiba that knows it; the file is left as it is"]
    case .headerUnexpected, .mapInvalid, .cancelled: []
    default: ["the file is damaged there: take it from an earlier snapshot, or from another location"]
    }
  }
}

extension CouchFormatError {
  static func term(_ detail: String) -> Self { Self(.termInvalid, detail) }
}
