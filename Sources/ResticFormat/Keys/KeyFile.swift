/// A key file: the master key, sealed with a key made from a password.
///
///     {"created":…,"username":…,"hostname":…,"kdf":"scrypt","N":32768,"r":8,"p":1,"salt":base64,"data":base64(sealed)}
///
/// Plain JSON; `data` opens to the master key's JSON. Source: restic `internal/repository/key.go`, `Key`, `AddKey`, `OpenKey`.
package struct KeyFile: Sendable, Equatable {
  private static let saltByteCount = 64

  package let created: Timestamp
  package let username: String
  package let hostname: String
  package let parameters: ScryptParameters
  let salt: [UInt8]
  let data: [UInt8]

  /// Seals `masterKey` so that `password` opens it. Takes as long as `parameters` say.
  package init(
    sealing masterKey: SealingKey, password: String, created: Timestamp, username: String, hostname: String,
    parameters: ScryptParameters = .standard, random: RandomSource
  ) throws(FormatError) {
    self.created = created
    self.username = username
    self.hostname = hostname
    self.parameters = parameters
    salt = random.bytes(Self.saltByteCount)
    data = try parameters.key(password: password, salt: salt).seal(MasterKeyJSON.encode(masterKey), random: random)
  }

  /// - Throws: `authentication` when the password is not this key's (or the file is damaged: nothing can tell them apart).
  package func open(password: String) throws(FormatError) -> SealingKey {
    try MasterKeyJSON.decode(parameters.key(password: password, salt: salt).unseal(data))
  }

  package func encode() -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("created", created.description)
      json.field("username", username)
      json.field("hostname", hostname)
      json.field("kdf", "scrypt")
      json.field("N", parameters.n)
      json.field("r", parameters.r)
      json.field("p", parameters.p)
      json.field("salt", Base64.encode(salt))
      json.field("data", Base64.encode(data))
    }
    return json.bytes
  }

  package static func decode(_ json: [UInt8]) throws(FormatError) -> KeyFile {
    let fields = try JSONReader.decode(json) { (reader) throws(FormatError) in try Fields(&reader) }
    guard fields.kdf == "scrypt" else { throw FormatError(.unsupported, "uses key derivation '\(fields.kdf)'; only scrypt is known") }
    guard let salt = Base64.decode(fields.salt), let data = Base64.decode(fields.data), !salt.isEmpty, !data.isEmpty else {
      throw FormatError(.malformed, "has no salt or no data in Base64")
    }
    let parameters = ScryptParameters(n: fields.n, r: fields.r, p: fields.p)
    return KeyFile(fields: fields, parameters: parameters, salt: salt, data: data)
  }

  private init(fields: Fields, parameters: ScryptParameters, salt: [UInt8], data: [UInt8]) {
    created = fields.created
    username = fields.username
    hostname = fields.hostname
    self.parameters = parameters
    self.salt = salt
    self.data = data
  }

  private struct Fields {
    var created = Timestamp(seconds: 0)
    var username = ""
    var hostname = ""
    var kdf = ""
    var n = 0
    var r = 0
    var p = 0
    var salt = ""
    var data = ""

    init(_ reader: inout JSONReader) throws(FormatError) {
      try reader.openObject()
      while let key = try reader.nextKey() {
        switch key {
        case "created": created = try reader.time()
        case "username": username = try reader.string()
        case "hostname": hostname = try reader.string()
        case "kdf": kdf = try reader.string()
        case "N": n = try reader.integer()
        case "r": r = try reader.integer()
        case "p": p = try reader.integer()
        case "salt": salt = try reader.string()
        case "data": data = try reader.string()
        default: try reader.skip()
        }
      }
    }
  }
}
