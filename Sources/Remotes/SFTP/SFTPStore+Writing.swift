import Files
import Stores

extension SFTPStore {
  /// Makes the repository's folder with those above it, and all in it that are missing.
  package func createLayout() async throws {
    try await throwing("create", "folder '\(place.folder)'") {
      try await makeFolders(place.folder)
      let data = ObjectName.Kind.pack.folder
      let present = Set(try await entries(of: "").map(\.name) + entries(of: data).map { "\(data)/\($0.name)" })
      let missing = ObjectName.layout.filter { !present.contains($0) }
      // Those at the top before those in them.
      for layer in [missing.filter { !$0.contains("/") }, missing.filter { $0.contains("/") }] {
        try await forEach(layer, atOnce: 32) { try await makeFolder(path($0)) }
      }
      let connection = try connector.connection()
      for folder in ["", data] where !missing.isEmpty { try await connection.syncFolder(path(folder)) }
    }
  }

  /// Under a temporary name first. Whatever fails, that is removed, and nothing has the final name.
  func write(_ bytes: [UInt8], as name: ObjectName) async throws {
    let connection = try connector.connection()
    let features = try await connection.features()
    let folder = path(name.folder)
    let part = "\(folder)/.\(name.fileName).\(UInt64.random(in: 0 ... .max))\(PartFile.suffix)"
    do {
      try await connection.withFile(part, .creating) { file in
        try await connection.upload(bytes, to: file, features.chunkSize, bandwidth)
        if features.syncs { try await connection.done(.sync(file)) }
      }
      try await publish(part, as: name, byteCount: bytes.count, connection, features)
      try await connection.syncFolder(folder)
    } catch let failure as SFTPFailure {
      let reason = await connection.reason(of: failure, in: folder, writing: bytes.count)
      connector.discard(part)
      throw reason
    } catch {
      connector.discard(part)
      throw error
    }
  }

  private func publish(
    _ part: String, as name: ObjectName, byteCount: Int, _ connection: SFTPConnection, _ features: SFTPFeatures
  ) async throws {
    let final = path(name.path)
    if name != .config, features.replacesNames { return try await connection.done(.replace(final, by: part)) }
    do { return try await connection.done(.rename(part, to: final)) } catch let failure as SFTPFailure
      where failure.status == .failure || failure.status == .alreadyExists
    {
      guard let present = try await connection.attributesIfPresent(final) else { throw failure }
      guard name != .config else { throw SFTPFailure(.alreadyExists, "it is already there") }
      // Another task was faster with the same.
      if present.size == byteCount { return connector.discard(part) }
    }
    try await connection.done(.remove(final))
    try await connection.done(.rename(part, to: final))
  }

  func makeFolder(_ path: String) async throws {
    let connection = try connector.connection()
    do { try await connection.done(.makeFolder(path)) } catch let failure as SFTPFailure {
      // Somebody else was faster, or it was there all the time.
      if try await connection.attributesIfPresent(path)?.isFolder == true { return }
      throw await connection.reason(of: failure, in: above(path), writing: 0)
    }
  }

  private func makeFolders(_ path: String) async throws {
    if try await exists(path) { return try await makeFolder(path) }
    let above = above(path)
    if above != path, above != "." { try await makeFolders(above) }
    try await makeFolder(path)
  }

  private func above(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
