package import Stores

extension RESTStore {
  private static let secondVersion = "application/vnd.x.restic.rest.v2"
  /// Requests at once for sizes that a server of the first version leaves out.
  private static let measuredAtOnce = 8

  package func names(of kind: ObjectName.Kind) async throws -> [StoredObject] {
    let what = kind == .config ? "the config" : "folder '\(kind.folder)'"
    if kind == .config {
      return try await presentSize(of: .config, to: "list").map { [StoredObject(name: .config, byteCount: $0)] } ?? []
    }
    let response = try await send(.get, kind.folder + "/", headers: ["Accept": Self.secondVersion], to: "list", what)
    if response.status == 404 { return try await nothing(in: what) }
    guard response.isSuccess else { throw refusal(response, .get, cannot: "list", what) }
    guard let entries = RESTListing.entries(response.body) else {
      throw StoreError(
        .other, "cannot list \(what) in store '\(address)': the answer is no listing",
        hints: ["check host, port and path of the address: is it a server of restic's protocol?"])
    }
    return try await objects(entries, kind)
  }

  /// A folder that is missing holds nothing, but a repository that is missing is another place than was meant.
  private func nothing(in what: String) async throws -> [StoredObject] {
    if try await presentSize(of: .config, to: "list") != nil { return [] }
    throw StoreError(
      .noSuchPlace, "cannot list \(what) in store '\(address)': no repository is there",
      hints: ["check the address's path, upper and lower case too", "'akiba init' creates a repository in an empty place"])
  }

  private func objects(_ entries: [RESTListing.Entry], _ kind: ObjectName.Kind) async throws -> [StoredObject] {
    var sizes: [ObjectName: Int] = [:]
    var unmeasured: Set<ObjectName> = []
    for entry in entries {
      guard let name = ObjectName(kind, fileName: entry.name) else { continue }
      if let size = entry.byteCount { sizes[name] = size } else { unmeasured.insert(name) }
    }
    for object in try await measured(unmeasured.subtracting(sizes.keys)) { sizes[object.name] = object.byteCount }
    return sizes.map { StoredObject(name: $0.key, byteCount: $0.value) }
  }

  /// Objects that are gone meanwhile are left out.
  private func measured(_ names: Set<ObjectName>) async throws -> [StoredObject] {
    var waiting = Array(names)[...]
    var found: [StoredObject] = []
    try await withThrowingTaskGroup(of: StoredObject?.self) { group in
      func measureNext() {
        guard let name = waiting.popFirst() else { return }
        group.addTask { try await presentSize(of: name, to: "measure").map { StoredObject(name: name, byteCount: $0) } }
      }
      for _ in 0..<Self.measuredAtOnce { measureNext() }
      while let object = try await group.next() {
        if let object { found.append(object) }
        measureNext()
      }
    }
    return found
  }
}
