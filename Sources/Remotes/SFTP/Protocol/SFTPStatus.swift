/// How a request ended. Servers of version 3 send 0 to 8; some borrow from later versions.
///
/// Source: draft-ietf-secsh-filexfer-02, section 7; draft-ietf-secsh-filexfer-13, section 9.1.
package struct SFTPStatus: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let ok = Self(rawValue: 0)
  package static let endOfFile = Self(rawValue: 1)
  package static let noSuchFile = Self(rawValue: 2)
  package static let permissionDenied = Self(rawValue: 3)
  /// Any reason at all: OpenSSH says so of a full disk too.
  package static let failure = Self(rawValue: 4)
  package static let unsupported = Self(rawValue: 8)
  package static let alreadyExists = Self(rawValue: 11)
  package static let readOnly = Self(rawValue: 12)
  package static let noSpace = Self(rawValue: 14)
  package static let quotaExceeded = Self(rawValue: 15)
}

/// The server did not do what it was asked.
struct SFTPFailure: Error, Hashable {
  var status: SFTPStatus
  /// The server's words.
  var message: String

  init(_ status: SFTPStatus, _ message: String) {
    self.status = status
    self.message = message
  }
}
