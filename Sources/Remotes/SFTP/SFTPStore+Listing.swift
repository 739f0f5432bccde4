import Files
package import Stores

extension SFTPStore {
  /// Seconds after which an unfinished file belongs to no run any more.
  private static let leftoverAge = 86_400
  private static let foldersAtOnce = 16

  package func names(of kind: ObjectName.Kind) async throws -> [StoredObject] {
    try await throwing("list", kind == .config ? "config" : "folder '\(kind.folder)'") {
      if kind == .config {
        return try await connector.connection().attributesIfPresent(path("config"))
          .map { [StoredObject(name: .config, byteCount: $0.size ?? 0)] } ?? []
      }
      return try await forEach(folders(of: kind), atOnce: Self.foldersAtOnce) { folder in
        try await objects(of: kind, in: folder)
      }.flatMap { $0 }
    }
  }

  private func objects(of kind: ObjectName.Kind, in folder: String) async throws -> [StoredObject] {
    var objects: [StoredObject] = []
    for entry in try await entries(of: folder) {
      guard let name = ObjectName(kind, fileName: entry.name), name.folder == folder, !entry.attributes.isFolder else { continue }
      var size = entry.attributes.isSymlink ? nil : entry.attributes.size
      // An object may be removed between listing and measuring, as locks are: then it is not there.
      if size == nil { size = try await connector.connection().attributesIfPresent(path(name.path))?.size }
      if let size { objects.append(StoredObject(name: name, byteCount: size)) }
    }
    return objects
  }

  package func removeLeftovers(now: Int) async throws -> Int {
    try await throwing("clean up", "folder '\(place.folder)'") {
      var places = [""]
      for kind in ObjectName.Kind.allCases where kind != .config { places += try await folders(of: kind) }
      return try await forEach(places, atOnce: Self.foldersAtOnce) { try await removeLeftovers(in: $0, now: now) }.reduce(0, +)
    }
  }

  private func removeLeftovers(in folder: String, now: Int) async throws -> Int {
    var removed = 0
    for entry in try await entries(of: folder) where entry.name.hasSuffix(PartFile.suffix) {
      guard let modified = entry.attributes.modified, now - modified > Self.leftoverAge else { continue }
      do { try await connector.connection().done(.remove(path("\(folder)/\(entry.name)"))) } catch let failure as SFTPFailure
        where failure.status == .noSuchFile
      { continue }
      removed += 1
    }
    return removed
  }

  /// The folders that hold objects of `kind`, relative: one, or for packs the up to 256 that are there.
  private func folders(of kind: ObjectName.Kind) async throws -> [String] {
    guard kind == .pack else { return [kind.folder] }
    return try await entries(of: kind.folder).filter { $0.name.utf8.count == 2 && $0.name != ".." }.map { "\(kind.folder)/\($0.name)" }
  }

  /// - Parameter folder: relative to the repository.
  func entries(of folder: String) async throws -> [SFTPEntry] {
    let connection = try connector.connection()
    do { return try await connection.entries(of: path(folder)) } catch let failure as SFTPFailure where failure.status == .noSuchFile {
      // A missing folder holds nothing, but a missing repository is a disk that is not mounted.
      try await expectPlace()
      return []
    }
  }

  /// - Returns: what `body` makes of the items, in no order.
  @discardableResult
  func forEach<Item: Sendable, Value: Sendable>(
    _ items: [Item], atOnce width: Int, _ body: @escaping @Sendable (Item) async throws -> Value
  ) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Value.self) { group in
      var values: [Value] = []
      for (number, item) in items.enumerated() {
        if number >= width, let value = try await group.next() { values.append(value) }
        group.addTask { try await body(item) }
      }
      for try await value in group { values.append(value) }
      return values
    }
  }
}
