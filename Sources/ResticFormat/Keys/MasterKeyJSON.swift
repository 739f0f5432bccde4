import Crypto

/// The master key as it lies sealed inside a key file: `{"mac":{"k":…,"r":…},"encrypt":…}`, each in Base64.
///
/// Source: restic `internal/crypto/crypto.go`, `Key`, `jsonMACKey`.
enum MasterKeyJSON {
  static func encode(_ key: SealingKey) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("mac") { json in
        json.object { json in
          json.field("k", Base64.encode(key.macK.withUnsafeBytes { Array($0) }))
          json.field("r", Base64.encode(key.macR))
        }
      }
      json.field("encrypt", Base64.encode(key.encryption.withUnsafeBytes { Array($0) }))
    }
    return json.bytes
  }

  /// The error never tells what was read: it is the key.
  static func decode(_ json: [UInt8]) throws(FormatError) -> SealingKey {
    let (encryption, k, r) = try JSONReader.decode(json) { (reader) throws(FormatError) in
      var encryption = ""
      var k = ""
      var r = ""
      try reader.openObject()
      while let key = try reader.nextKey() {
        switch key {
        case "encrypt": encryption = try reader.string()
        case "mac":
          try reader.openObject()
          while let key = try reader.nextKey() {
            switch key {
            case "k": k = try reader.string()
            case "r": r = try reader.string()
            default: try reader.skip()
            }
          }
        default: try reader.skip()
        }
      }
      return (encryption, k, r)
    }
    guard let encryption = Base64.decode(encryption), let k = Base64.decode(k), let r = Base64.decode(r), encryption.count == 32,
      k.count == 16, r.count == 16, let key = SealingKey(bytes: encryption + k + r)
    else { throw FormatError(.malformed, "holds a master key of another form") }
    return key
  }
}
