/// Members of a tar archive, byte by byte, so that tests can make what no tar program would.
struct TarBuilder {
  private(set) var bytes: [UInt8] = []

  static let end = [UInt8](repeating: 0, count: 1024)

  mutating func add(
    _ name: String, type: Character = "0", link: String = "", body: [UInt8] = [], size: Int? = nil, mode: String = "0000644",
    owner: [UInt8] = Array("0000007".utf8), modified: String = "00000000144", prefix: String = ""
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: some Sequence<UInt8>, at start: Int) { for (index, byte) in text.enumerated() { header[start + index] = byte } }
    let digits = String(size ?? body.count, radix: 8)
    put(name.utf8.prefix(100), at: 0)
    put(mode.utf8, at: 100)
    put(owner, at: 108)
    put("0000010".utf8, at: 116)
    put((String(repeating: "0", count: 11 - digits.count) + digits).utf8, at: 124)
    put(modified.utf8, at: 136)
    put("        ".utf8, at: 148)
    put(type.utf8, at: 156)
    put(link.utf8.prefix(100), at: 157)
    put("ustar\0".utf8, at: 257)
    put("00".utf8, at: 263)
    put(prefix.utf8, at: 345)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    put((String(repeating: "0", count: 6 - sum.count) + sum + "\0 ").utf8, at: 148)
    bytes += header + body + [UInt8](repeating: 0, count: (512 - body.count % 512) % 512)
  }

  /// A PAX header for the member behind it.
  mutating func addRecords(_ records: [(String, String)], type: Character = "x") {
    let lines = records.map { key, value in
      let rest = " \(key)=\(value)\n".utf8.count
      let length = rest + String(rest + String(rest).count).count
      return "\(length) \(key)=\(value)\n"
    }
    add("records", type: type, body: Array(lines.joined().utf8))
  }
}
