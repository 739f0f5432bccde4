import Foundation
import Testing

/// SwiftPM builds an undeclared import once the other module has been built; so the arrows of ARCHITECTURE.md are held here.
struct DependencyArrowTests {
  static let allowed: [String: Set<String>] = [
    "Primitives": [],
    "Files": ["Primitives"],
    "CouchFormat": ["Primitives"],
    "ResticFormat": ["Primitives"],
    "Stores": ["Primitives", "Files"],
    "Repositories": ["Primitives", "ResticFormat", "Stores"],
    "Remotes": ["Primitives", "Files", "Stores"],
    "Deployments": ["Primitives", "Files", "CouchFormat", "Remotes"],
    "Status": [],
    "Backup": ["Primitives", "Files", "CouchFormat", "ResticFormat", "Stores", "Repositories", "Deployments"],
    "Recovery": ["Primitives", "Files", "CouchFormat", "ResticFormat", "Stores", "Repositories", "Deployments"],
    "akiba": [
      "Primitives", "Files", "CouchFormat", "ResticFormat", "Stores", "Repositories", "Remotes", "Deployments", "Backup",
      "Recovery", "Status",
    ],
  ]
  /// Bytes in, values out: these modules open nothing.
  static let pure: Set = ["CouchFormat", "ResticFormat", "Status"]
  private static let sources = URL(filePath: #filePath).appending(path: "../../../Sources").standardized

  @Test(arguments: allowed.keys.sorted())
  func `a module imports only what its arrows allow`(_ module: String) throws {
    let files = try Self.files(of: module)
    #expect(!files.isEmpty)
    for (name, imports) in files {
      let strays = Set(imports).intersection(Self.allowed.keys).subtracting(Self.allowed[module, default: []])
      #expect(strays.isEmpty, "\(name)")
    }
  }

  @Test(arguments: pure.sorted())
  func `a pure module has no way to the outside`(_ module: String) throws {
    for (name, imports) in try Self.files(of: module) {
      #expect(Set(imports).isDisjoint(with: ["Glibc", "SystemPackage", "Foundation", "Dispatch"]), "\(name)")
    }
  }

  @Test func `every module has its arrows`() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path)

    #expect(Set(folders) == Set(Self.allowed.keys))
  }

  private static func files(of module: String) throws -> [(name: String, imports: [String])] {
    let root = sources.appending(path: module)
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
    return try paths.map { path in
      let lines = try String(contentsOf: root.appending(path: path), encoding: .utf8).split(separator: "\n")
      return (path, lines.compactMap { $0.wholeMatch(of: /(?:\w+ )?import (?:struct |enum |func )?(\w+)/).map { String($0.1) } })
    }
  }
}
