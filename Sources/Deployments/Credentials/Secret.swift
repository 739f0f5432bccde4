/// Bytes that must never be seen: no way of printing or dumping it shows them.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package init(_ text: String) { self.init(Array(text.utf8)) }

  package var isEmpty: Bool { bytes.isEmpty }

  /// For the code that computes with it; what comes of it goes nowhere near a message.
  package func withBytes<Result>(_ body: ([UInt8]) throws -> Result) rethrows -> Result { try body(bytes) }

  /// What may be shown in its place: see `SecretFingerprint`.
  package func fingerprint(salt: String) -> String { SecretFingerprint.of(bytes, salt: salt) }

  package var description: String { "(secret)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
