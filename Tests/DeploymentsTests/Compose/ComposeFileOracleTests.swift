import Foundation
import SystemPackage
import TestSupport
import Testing

import Deployments

/// What compose files mean, against Docker Compose.
struct ComposeFileOracleTests {
  @Test func `Compose mounts and names what we read`() throws {
    let oracle = try ComposeOracle()
    // What is fetched or read from the disk would have to be there.
    let everything = ComposeSamples.everything.split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { !$0.hasPrefix("include:") }
      .filter { !$0.contains("file: base/") && !$0.contains("extends:") && !$0.contains("service: monitor") }
      .joined(separator: "\n")
    for name in ["proxy.env", "exporter.env"] { try Data().write(to: URL(filePath: "\(oracle.workingFolder)/\(name)")) }

    for compose in [ComposeSamples.database, everything] {
      let file = try ComposeFile(bytes: Array(compose.utf8)) { ComposeSamples.environment[$0] }
      let answer = try oracle.configuration(of: compose, environment: ComposeSamples.environment)

      let services = try #require(answer["services"] as? [String: [String: Any]])
      #expect(Set(services.keys) == Set(file.services.map(\.name)))
      for service in file.services {
        let theirs = try #require(services[service.name])
        #expect(theirs["image"] as? String == service.image?.resolved)
        #expect(theirs["container_name"] as? String == service.containerName?.resolved)
        #expect(Mounts(theirs) == Mounts(service, in: oracle.workingFolder), "\(service.name)")
        #expect(Set((theirs["networks"] as? [String: Any] ?? [:]).keys).subtracting(["default"]) == Set(service.networks))
      }
      let volumes = answer["volumes"] as? [String: [String: Any]] ?? [:]
      for volume in file.volumes {
        guard let theirs = volumes[volume.key] else { continue }
        #expect(theirs["external"] as? Bool ?? false == volume.isExternal)
        let name = volume.name?.resolved ?? (volume.isExternal ? volume.key : "p_\(volume.key)")
        #expect(theirs["name"] as? String == name)
      }
    }
  }

  @Test func `short mounts, random ones too, are taken apart as Compose does`() throws {
    var random = SeededRandom(seed: 7)
    let oracle = try ComposeOracle()
    var agreed = 0
    let pieces = [
      "a", "data", "/x", "./y", "../z", "~", "~/h", ":", ":", ":", "C", "ro", "rw,z", ".", "/", "a.b", "${DATA}", "${NONE:-q}", "\\\\pipe",
      "é",
    ]
    let random60 = (0..<60).map { _ in
      (0..<Int.random(in: 1...5, using: &random)).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined()
    }
    for text in ["C:/x:/y", "a:/data", "C:\\x:/y:ro", "ab:/c:d", "/a:/b:/c:/d", "/x"] + random60 {
      let mount = ComposeMount(ComposeText(raw: text, line: 1) { ComposeSamples.environment[$0] })

      // Compose refuses more than we do: names the engine would not take, targets that are not absolute.
      let services = try? oracle.services(of: Self.compose(text, mount), environment: ComposeSamples.environment)

      if mount.kind == .unresolved { #expect(services == nil, "seed 7: \(text)") }
      if let service = services?["s"] { #expect(Mounts(service) == Mounts([mount], in: oracle.workingFolder), "seed 7: \(text)") }
      agreed += services == nil ? 0 : 1
    }
    #expect(agreed > 20)
  }

  private static func compose(_ text: String, _ mount: ComposeMount) throws -> String {
    let service = "services: {s: {image: x, volumes: [\(try ComposeOracle.quoted(text))]}}\n"
    guard case .volume(let key) = mount.kind else { return service }
    return service + "volumes: {\(try ComposeOracle.quoted(key)): }\n"
  }
}

/// Kind, source and target of mounts, in order.
private struct Mounts: Equatable {
  var rows: [[String]]

  init(_ service: [String: Any]) {
    rows = (service["volumes"] as? [[String: Any]] ?? []).map { mount in
      ["type", "source", "target"].map { (mount[$0] as? String ?? "").replacingOccurrences(of: "$$", with: "$") }
    }
  }

  init(_ service: ComposeFile.Service, in folder: String) { self.init(service.mounts, in: folder) }

  init(_ mounts: [ComposeMount], in folder: String) {
    let home = FilePath(ProcessInfo.processInfo.environment["HOME"] ?? "/")
    rows = mounts.map { mount in
      let cleaned = mount.target.map { FilePath($0).lexicallyNormalized().string } ?? ""
      let target = cleaned.isEmpty && mount.target != nil ? "." : cleaned
      switch mount.kind {
      case .bind(let source):
        let path = HostPathResolver(workingFolder: FilePath(folder), home: home).path(source)
        return ["bind", path?.string ?? source, target]
      case .volume(let key): return ["volume", key, target]
      case .anonymous: return ["volume", "", target]
      case .tmpfs: return ["tmpfs", "", target]
      case .other(let type): return [type, "", target]
      case .unresolved: return ["?", "", target]
      }
    }
  }
}
