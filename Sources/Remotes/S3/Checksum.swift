import Crypto
import FoundationEssentials

enum Checksum {
  /// The value of `Content-MD5`.
  static func md5(_ bytes: [UInt8]) -> String { Data(Insecure.MD5.hash(data: bytes)).base64EncodedString() }
}
