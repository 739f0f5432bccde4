package import Primitives

/// What a blob holds: a piece of a file, or a directory listing. Kept in separate packs.
package enum BlobKind: UInt8, Sendable, CaseIterable, CustomStringConvertible {
  case data = 0
  case tree = 1

  /// As index files spell it.
  package var description: String { self == .data ? "data" : "tree" }
}

/// What names a blob: the SHA-256 of its plaintext, and its kind. The same bytes can be both a piece of data and a tree.
package struct BlobHandle: Hashable, Sendable, CustomStringConvertible {
  package let id: ContentID
  package let kind: BlobKind

  package init(_ id: ContentID, _ kind: BlobKind) {
    self.id = id
    self.kind = kind
  }

  package var description: String { "\(kind) blob '\(id.short)'" }
}

/// Where a blob lies in its pack.
package struct PackedBlob: Hashable, Sendable {
  package let handle: BlobHandle
  /// Bytes from the start of the pack.
  package let offset: Int
  /// Sealed bytes in the pack.
  package let length: Int
  /// Plaintext bytes if compressed; `nil` if stored as they are.
  package let uncompressedLength: Int?

  package init(handle: BlobHandle, offset: Int, length: Int, uncompressedLength: Int?) {
    self.handle = handle
    self.offset = offset
    self.length = length
    self.uncompressedLength = uncompressedLength
  }

  /// Bytes of the blob once opened.
  package var plaintextLength: Int { uncompressedLength ?? length - SealingKey.overhead }
}
