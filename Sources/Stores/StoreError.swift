import Primitives
package import SystemPackage

/// A store could not do what it was asked: which store, which object, and why.
package struct StoreError: Explainable, Hashable {
  package enum Kind: Hashable, Sendable {
    case notFound, alreadyExists, denied, full, readOnly, damaged, other
    /// What may pass by itself: worth trying again.
    case unreachable
    /// The bucket, share or folder that should hold the repository does not exist.
    case noSuchPlace
    /// Whoever answers is not who was meant: another host key, a certificate nobody vouches for.
    case untrusted
  }

  package let kind: Kind
  package let summary: String
  package let hints: [String]

  /// - Parameter hints: what to try; left out, the kind's own.
  package init(_ kind: Kind, _ summary: String, hints: [String]? = nil) {
    self.kind = kind
    self.summary = summary
    self.hints = hints ?? Self.hints(for: kind)
  }

  /// `operation` on `what` (an object or a folder) failed in `store`.
  package init(_ kind: Kind, cannot operation: String, _ what: some CustomStringConvertible, in store: String, because reason: String) {
    self.init(kind, "cannot \(operation) \(what) in store '\(store)': \(reason)")
  }

  package init(cannot operation: String, _ what: some CustomStringConvertible, in store: String, errno: Errno) {
    self.init(Kind(errno), cannot: operation, what, in: store, because: errno.description)
  }

  package static func hints(for kind: Kind) -> [String] {
    switch kind {
    case .notFound: ["is the right disk mounted there? otherwise run 'check' to see what is missing"]
    case .alreadyExists: ["a repository is already there: open it, or choose an empty place"]
    case .denied: ["run as a user who may read and write this store"]
    case .unreachable: ["check that the disk is plugged in or the network is up; other locations are not affected"]
    case .full: ["free some space there, then run the same command again: it resumes where it stopped"]
    case .readOnly: ["it is mounted read-only: remount it for writing, or check the disk for errors"]
    case .noSuchPlace: ["create it there, or correct the location's address"]
    case .untrusted: ["find out why it changed before you trust it: somebody may be in between"]
    case .damaged: ["run 'check --read-data' to list what is affected"]
    case .other: []
    }
  }
}

extension StoreError.Kind {
  /// What a failed system call means for a store.
  package init(_ errno: Errno) {
    switch errno {
    case .noSuchFileOrDirectory, .notDirectory: self = .notFound
    case .fileExists: self = .alreadyExists
    case .permissionDenied, .notPermitted: self = .denied
    case .noSpace, .diskQuotaExceeded, .fileTooLarge: self = .full
    case .readOnlyFileSystem: self = .readOnly
    case .ioError, .noSuchAddressOrDevice, .operationNotSupportedByDevice, .staleNFSFileHandle, .timedOut, .hostIsDown, .noRouteToHost,
      .connectionReset, .socketNotConnected, .networkUnreachable, .networkDown:
      self = .unreachable
    default: self = .other
    }
  }
}
