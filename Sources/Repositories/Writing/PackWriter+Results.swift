package import Primitives

extension PackWriter {
  /// What became of one blob.
  package struct SavedBlob: Sendable, Equatable {
    package let id: ContentID
    /// Whether this call stored it; `false` when it was there or is on its way.
    package let isNew: Bool
    /// Sealed bytes; 0 unless new.
    package let storedBytes: Int
  }

  /// What a run stored. Counted once, however many copies there are.
  package struct Statistics: Sendable, Equatable {
    package internal(set) var newBlobs = 0
    package internal(set) var newBytes = 0
    package internal(set) var knownBlobs = 0
    package internal(set) var knownBytes = 0
    /// Sealed blobs, without pack headers.
    package internal(set) var storedBlobBytes = 0
    package internal(set) var packs = 0
    /// Whole packs: what it costs in every store, but for indexes.
    package internal(set) var packBytes = 0
    package internal(set) var indexes = 0
    /// Packs and other objects in memory at one time.
    package internal(set) var mostPacksHeld = 0

    init() {}
  }

  package struct Summary: Sendable {
    package let statistics: Statistics
    /// Addresses of the copies that have everything by now.
    package let completed: [String]
    package let failures: [StoreFailure]
  }
}
