import Files
import Primitives
import SystemPackage

/// Key files: one line with a password, as stock restic's `--password-file` reads it.
enum KeyFiles {
  /// No password is longer.
  private static let largest = 64 << 10
  /// Crockford's base 32: no letter is taken for a digit when a person types it.
  private static let letters = Array("0123456789abcdefghjkmnpqrstvwxyz")
  private static let groups = 8
  private static let groupLength = 5

  static func read(_ path: FilePath) throws -> String {
    guard try FileMetadata.ifPresent(path) != nil else {
      throw KeyFileError(
        summary: "key file '\(path)' does not exist",
        hints: [
          "bring it back from where it is kept, or use the recovery key: --key-file FILE", "without a key nobody can read the backups",
        ])
    }
    let file = try HeldFile(opening: path)
    let line = try file.bytes(at: 0, count: min(file.byteCount, largest)).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    guard !line.isEmpty else {
      throw KeyFileError(
        summary: "key file '\(path)' is empty", hints: ["bring it back from where it is kept, or use the recovery key: --key-file FILE"])
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// 200 random bits in groups a person can read out.
  static func newPassword() -> String {
    (0..<groups).map { _ in String((0..<groupLength).compactMap { _ in letters.randomElement() }) }.joined(separator: "-")
  }

  /// Never replaces a file: it could be the only key to something.
  static func write(_ password: String, to path: FilePath) throws {
    try Folder.make(path.removingLastComponent())
    guard try FileMetadata.ifPresent(path, followingSymlinks: false) == nil else {
      throw KeyFileError(
        summary: "key file '\(path)' exists already",
        hints: ["it may open another repository: move it to a safe place, or name another file"])
    }
    try DurableFile.write(Array("\(password)\n".utf8), to: path, permissions: 0o600, replacing: false)
  }
}

struct KeyFileError: Explainable {
  let summary: String
  let hints: [String]
}
