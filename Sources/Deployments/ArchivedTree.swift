package import SystemPackage

/// What a container engine has at a path of the host, with what its links lead to.
///
/// The archive call gives links as links. What counts is the file behind them: certificates and `.env` are often links.
package struct ArchivedTree: Sendable {
  /// As Linux's own limit. Counts what is tried, too, so that links in a circle end.
  private static let mostLinks = 40

  /// The folder first, with an empty path, or the one file. Never a link in that place.
  package let files: [ArchivedFile]
  /// Where that is on the host, links at the path itself followed.
  private let source: FilePath
  private let indexes: [FilePath: Int]
  private let volumes: any VolumeReading

  private init(_ files: [ArchivedFile], at source: FilePath, _ volumes: any VolumeReading) {
    self.files = files
    self.source = source
    self.volumes = volumes
    indexes = Dictionary(files.enumerated().map { ($1.path, $0) }) { first, _ in first }
  }

  /// - Returns: `nil` if nobody has it, or a link in its place leads to nothing.
  package static func read(_ path: FilePath, through volumes: any VolumeReading) async throws -> ArchivedTree? {
    var links = mostLinks
    return try await read(path.lexicallyNormalized(), volumes, &links)
  }

  /// The file or folder that a link of this tree leads to, in the tree or elsewhere; `nil` if that cannot be had.
  package func target(of link: ArchivedFile) async throws -> ArchivedFile? {
    guard case .symlink(let target) = link.kind else { return link }
    var links = Self.mostLinks
    return try await follow(target, from: link.path, &links)
  }

  private static func read(_ path: FilePath, _ volumes: any VolumeReading, _ links: inout Int) async throws -> ArchivedTree? {
    guard links > 0, let files = try await volumes.files(at: path), let first = files.first else { return nil }
    guard case .symlink(let target) = first.kind else { return ArchivedTree(files, at: path, volumes) }
    for place in places(of: target, linkedFrom: path, volumes) {
      links -= 1
      if let tree = try await read(place, volumes, &links) { return tree }
    }
    return nil
  }

  /// Paths of the host, most likely first: as a container sees it, then as the host does.
  private static func places(of target: FilePath, linkedFrom link: FilePath, _ volumes: any VolumeReading) -> [FilePath] {
    let plain = link.removingLastComponent().pushing(target).lexicallyNormalized()
    guard let mapped = volumes.hostPath(of: target, linkedFrom: link), mapped != plain else { return [plain] }
    return [mapped, plain]
  }

  private func follow(_ target: FilePath, from link: FilePath, _ links: inout Int) async throws -> ArchivedFile? {
    for place in Self.places(of: target, linkedFrom: source.pushing(link), volumes) {
      links -= 1
      if let file = try await file(at: place, &links) { return file }
    }
    return nil
  }

  private func file(at place: FilePath, _ links: inout Int) async throws -> ArchivedFile? {
    guard links > 0 else { return nil }
    var rest = place
    guard rest.removePrefix(source) else { return try await Self.read(place, volumes, &links)?.files.first }
    var path = FilePath()
    for (depth, component) in rest.components.enumerated() {
      path.append(component)
      guard let index = indexes[path] else { return nil }
      guard case .symlink(let target) = files[index].kind else { continue }
      let below = FilePath(root: nil, rest.components.dropFirst(depth + 1))
      return try await follow(target.pushing(below), from: path, &links)
    }
    return indexes[path].map { files[$0] }
  }
}
