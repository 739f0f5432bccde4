import Deployments
import Foundation
import Synchronization
import SystemPackage
import TestSupport

/// A container engine whose containers have folders that are nowhere on this host, or other folders elsewhere.
final class ContainerView: VolumeReading {
  private struct Mount {
    let source: FilePath
    let real: String
    let destination: FilePath
  }

  static let tls: FilePath = "/nonexistent/tls"

  private let folder: TemporaryFolder
  private let mounts = Mutex<[Mount]>([])

  init() throws { folder = try TemporaryFolder() }

  /// Mounted as they are.
  func show(_ path: String, at destination: FilePath) { add(Mount(source: FilePath(path), real: path, destination: destination)) }

  private func add(_ mount: Mount) { mounts.withLock { $0.append(mount) } }

  /// A volume with links of all kinds at `/etc/nginx/private`, and a folder at `/etc/letsencrypt`.
  static func ofCertificates() throws -> ContainerView {
    let view = try ContainerView()
    for (source, name, destination) in [
      (tls, "tls", "/etc/nginx/private"), ("/nonexistent/elsewhere", "letsencrypt", "/etc/letsencrypt"),
    ] as [(FilePath, String, FilePath)] {
      view.add(Mount(source: source, real: view.folder.path(name), destination: destination))
    }
    for (path, text) in ["tls/archive/v1/cert1.pem": "certificate", "tls/archive/v1/key1.pem": "key", "letsencrypt/chain.pem": "chain"] {
      let file = view.folder.url.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let links = [
      "live": "archive/v1", "cert.pem": "live/cert1.pem", "key.pem": "/etc/nginx/private/live/key1.pem",
      "chain.pem": "/etc/letsencrypt/chain.pem", "gone.pem": "nowhere/gone.pem", "circle-a": "circle-b", "circle-b": "circle-a",
    ]
    for (path, target) in links {
      try FileManager.default.createSymbolicLink(atPath: view.folder.path("tls/" + path), withDestinationPath: target)
    }
    return view
  }

  func files(at path: FilePath) async throws -> [ArchivedFile]? {
    for mount in mounts.withLock({ $0 }) {
      guard let rest = path.relative(to: mount.source) else { continue }
      let real = FilePath(mount.real).pushing(rest)
      guard (try? FileManager.default.attributesOfItem(atPath: real.string)) != nil else { return nil }
      let tar = try Program.run(
        "/usr/bin/tar", ["-cf", "-", "-C", real.removingLastComponent().string, real.lastComponent?.string ?? "."])
      var contents = ArchiveContents(largest: 1 << 20)
      try contents.take(tar.standardOutput)
      try contents.finish()
      return contents.files
    }
    return nil
  }

  func hostPath(of target: FilePath, linkedFrom link: FilePath) -> FilePath? {
    let mounts = mounts.withLock { $0 }
    for from in mounts {
      guard let rest = link.relative(to: from.source) else { continue }
      let place = from.destination.pushing(rest).removingLastComponent().pushing(target).lexicallyNormalized()
      for mount in mounts {
        if let rest = place.relative(to: mount.destination) { return mount.source.pushing(rest) }
      }
    }
    return nil
  }
}

extension FilePath {
  fileprivate func relative(to folder: FilePath) -> FilePath? {
    var rest = self
    return rest.removePrefix(folder) ? rest : nil
  }
}
