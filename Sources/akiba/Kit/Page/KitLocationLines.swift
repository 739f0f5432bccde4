import FoundationEssentials
import Primitives

/// What a person has to know of one location.
struct KitLocationLines {
  let location: Kit.Location
  /// Where the kit was made.
  let host: String

  var lines: [String] { [place] + nature + authority + credentials + ssh + [opening] }

  private var place: String {
    switch location.location.place {
    case .folder(let folder):
      "folder `\(folder)`: \(location.location.removal == nil ? "a disk" : "a disk that is carried away"); mount it so that this folder is there"
    case .remote(let remote): "\(Self.name(of: remote.kind)) `\(remote.address)`" + Self.details(of: remote)
    }
  }

  private static func name(of kind: Configuration.Remote.Kind) -> String {
    switch kind {
    case .sftp: "SFTP server"
    case .s3: "S3 bucket"
    case .rest: "REST server"
    }
  }

  private static func details(of remote: Configuration.Remote) -> String {
    (remote.region.map { ", region `\($0)`" } ?? "") + (remote.addressing.map { ", addressed by \($0)" } ?? "")
  }

  private var nature: [String] {
    let said = [
      location.location.medium.map { "medium: \($0)" }, location.location.site.map { "site: \($0)" },
      location.location.isOffSite ? "off-site" : nil,
    ].compactMap { $0 }
    return said.isEmpty ? [] : [said.joined(separator: "; ")]
  }

  private var authority: [String] {
    location.authority == nil ? [] : ["its certificate is signed by an authority of its own, which is in the kit"]
  }

  private var credentials: [String] {
    guard case .remote(let remote) = location.location.place, remote.kind != .sftp else { return [] }
    switch (location.credentials, remote.kind) {
    case (.s3(let accessKey, _)?, _): return ["access key `\(accessKey)`; its secret is in the commands below"]
    case (.rest(let user, _)?, _): return ["user `\(user)`; the password is in the commands below"]
    case (.leftOut?, .s3): return ["access key and secret: **not in this kit**; \(Self.kept)"]
    case (.leftOut?, _): return ["user and password: **not in this kit**; \(Self.kept)"]
    case (nil, _): return ["it wants no user and no password"]
    }
  }

  private static let kept = "who runs the server has them, or can make new ones"

  private var ssh: [String] {
    guard case .remote(let remote) = location.location.place, remote.kind == .sftp else { return [] }
    let known = location.ssh?.knownHosts ?? ""
    let prints = Self.fingerprints(in: known)
    let keys = location.ssh?.keys ?? []
    let key = keys.isEmpty ? "the key of `root` on `\(host)`" : keys.map { "`\($0)`" }.joined(separator: " or ")
    return [
      prints.isEmpty
        ? "host key: **not known**; ask who runs the server before you accept one"
        : "host key: " + prints.map { "`\($0)`" }.joined(separator: ", "),
      "private ssh key: **never in a kit**. Put the one that `\(host)` used (\(key)) into the same file with mode 600. If it is gone with the host: "
        + "`ssh-keygen -t ed25519 -f \(keys.first ?? "/root/.ssh/id_ed25519")`, and who runs the server adds what is in the file ending in `.pub` to the "
        + "login's `authorized_keys`",
    ]
  }

  /// As `ssh-keygen -l` shows them.
  private static func fingerprints(in knownHosts: String) -> [String] {
    var prints: [String] = []
    for line in knownHosts.split(separator: "\n") where !line.hasPrefix("@") {
      let parts = line.split(separator: " ")
      guard parts.count >= 3, let key = Data(base64Encoded: String(parts[2])) else { continue }
      let digest = Data(ContentID(hashing: [UInt8](key)).bytes).base64EncodedString()
      prints.append("\(parts[1]) SHA256:\(digest.replacing("=", with: ""))")
    }
    return prints
  }

  private var opening: String {
    switch location.opening {
    case .opened: "the recovery key opened it when this kit was made"
    case .failed(let reason): "**it could not be opened** when this kit was made (\(reason))"
    }
  }
}
