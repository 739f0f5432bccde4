/// A check that could have failed, and what came of it.
package struct Proof: Codable, Hashable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable, Comparable {
    /// `check`: indexes, sizes of packs, folders, lengths of files. No byte of the data was looked at.
    case structure
    /// `check --read-data`: every byte is what its name says.
    case data
    /// `verify`: every document, revision, attachment and index row of a snapshot.
    case offline
    /// `drill`: all of it restored from there alone, then the offline proof.
    case drill
    /// The same, and a CouchDB on it gave the answers that its files give.
    case server

    /// What proves more is greater.
    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Whether a copy that passed could be restored from, as far as its bytes decide.
    package var readsAllBytes: Bool { self > .structure }

    package var isDrill: Bool { self >= .drill }
  }

  package let kind: Kind
  /// Seconds since 1970.
  package let time: Int
  package let passed: Bool
  /// Id of the snapshot it was about; `nil`: the whole location.
  package var snapshot: String?

  package init(_ kind: Kind, at time: Int, passed: Bool, snapshot: String? = nil) {
    self.kind = kind
    self.time = time
    self.passed = passed
    self.snapshot = snapshot
  }
}
