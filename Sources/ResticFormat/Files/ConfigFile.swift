import Primitives

/// What a repository is: its version, its identity and the chunker's polynomial. Sealed, never compressed.
///
/// Source: restic `internal/restic/config.go`, `Config`.
package struct ConfigFile: Sendable, Equatable {
  /// Version 2 is the one with compression, and the only one we work with.
  package static let supportedVersion = 2

  package let version: Int
  /// 64 hexadecimal digits, the same in all copies of one repository.
  package let id: String
  package let chunkerPolynomial: ChunkerPolynomial

  /// A new identity.
  package init(random: RandomSource) {
    version = Self.supportedVersion
    id = Hex.encode(random.bytes(32))
    chunkerPolynomial = ChunkerPolynomial(random: random)
  }

  private init(version: Int, id: String, chunkerPolynomial: ChunkerPolynomial) {
    self.version = version
    self.id = id
    self.chunkerPolynomial = chunkerPolynomial
  }

  package func encode() -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("version", version)
      json.field("id", id)
      json.field("chunker_polynomial", chunkerPolynomial.hex)
    }
    return json.bytes
  }

  /// - Throws: `unsupported` for another version than 2.
  package static func decode(_ json: [UInt8]) throws(FormatError) -> ConfigFile {
    let (version, id, polynomial) = try JSONReader.decode(json) { (reader) throws(FormatError) -> (Int?, String?, String?) in
      var version: Int?
      var id: String?
      var polynomial: String?
      try reader.openObject()
      while let key = try reader.nextKey() {
        switch key {
        case "version": version = try reader.integer()
        case "id": id = try reader.string()
        case "chunker_polynomial": polynomial = try reader.string()
        default: try reader.skip()
        }
      }
      return (version, id, polynomial)
    }
    guard let version else { throw FormatError(.malformed, "names no version") }
    guard version == supportedVersion else {
      let hints = version == 1 ? ["upgrade it first: 'restic migrate upgrade_repo_v2' with restic 0.14 or newer"] : []
      throw FormatError(.unsupported, "is of version \(version); this program works with version \(supportedVersion)", hints: hints)
    }
    guard let id, Hex.decode(id)?.count == 32 else { throw FormatError(.malformed, "has no id of 64 hexadecimal digits") }
    guard let polynomial = polynomial.flatMap(ChunkerPolynomial.init(hex:)) else {
      throw FormatError(.malformed, "has no irreducible chunker polynomial")
    }
    return ConfigFile(version: version, id: id, chunkerPolynomial: polynomial)
  }
}
