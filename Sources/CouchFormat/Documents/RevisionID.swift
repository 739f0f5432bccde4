import Primitives

/// How revision ids are shown.
package enum RevisionID {
  /// 16 bytes as 32 hexadecimal digits, any other length as the text it is.
  package static func text(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.count == 16 ? Hex.encode(bytes) : String(decoding: bytes, as: UTF8.self)
  }
}
