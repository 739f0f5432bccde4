import Primitives
package import Stores

/// What a bucket really does. In one that keeps versions, what counts is whether a version can be removed: what deletes and overwrites
/// without naming one only hides it.
extension S3Store {
  package func traits(trying bytes: [UInt8]) async throws -> StoreTraits {
    let id = ContentID(hashing: bytes)
    let lock = Trial(client: client, name: .lock(id), request: { upload(.lock(id), $0, headers: $1) })
    let pack = Trial(client: client, name: .pack(id), request: { upload(.pack(id), $0, headers: $1) })

    let lockVersion = try await lock.put(bytes)
    let isRead = try await self.bytes(of: lock.name) == bytes
    let isListed = try await names(of: .lock).contains { $0.name == lock.name }
    if try await !lock.erase(lockVersion) { try await lock.hide() }

    let first = try await pack.put(bytes)
    let second = try await pack.putIfAbsent(bytes)
    // The same bytes: a run that ends here leaves nothing that a check takes for damaged.
    let third = try await pack.overwrite(bytes)
    let isErased = try await pack.erase(first)
    // Where versions are suspended all have the same id, and the last one is all there is.
    let isVersion = first.id != nil && third?.id != first.id
    let isKept = isVersion && !isErased ? try await pack.holds(bytes, first) : false
    for version in [second.version, third].compactMap(\.self) where version.id != nil { _ = try await pack.erase(version) }
    if !isErased { try await pack.hide() }
    return StoreTraits(
      readsWhatWasPut: isRead, listsWhatWasPut: isListed, refusesSecondCreation: second.isRefused,
      overwriting: third == nil || isKept ? .refused : .granted, removal: isErased ? .granted : .refused,
      remark: first.id == nil ? nil : try await remark(isErased: isErased))
  }

  private func remark(isErased: Bool) async throws -> String? {
    let answer = try await client.send(
      .init(.get, nil, query: [("object-lock", "")]), to: .init("open", "bucket '\(place.bucket)'"), accepting: Set(400...501))
    guard let lock = ObjectLock(answer.response.body) else {
      return isErased ? nil : "versions are kept, and this access may not remove any"
    }
    return isErased ? "\(lock), but this access may remove all the same" : lock.description
  }
}

/// One object that is put and removed to see what happens.
private struct Trial {
  struct Version {
    /// `nil` in a bucket that keeps no versions: there is but one, the object.
    let id: String?

    init(_ answer: S3Client.Answer) { id = answer.response.headers["x-amz-version-id"].flatMap { $0.isEmpty ? nil : $0 } }

    var query: [(name: String, value: String)] { id.map { [("versionId", $0)] } ?? [] }
  }

  let client: S3Client
  let name: ObjectName
  let request: (_ bytes: [UInt8], _ headers: HTTPHeaders) -> S3Client.Request

  private var purpose: S3Client.Purpose { .init("try", "what is possible") }
  private var key: String { client.place.key(of: name) }

  func put(_ bytes: [UInt8]) async throws -> Version { Version(try await client.send(request(bytes, [:]), to: purpose)) }

  /// - Returns: whether it was refused because there is one; `nil` if the server has no such call.
  func putIfAbsent(_ bytes: [UInt8]) async throws -> (isRefused: Bool?, version: Version?) {
    let answer = try await client.send(request(bytes, ["If-None-Match": "*"]), to: purpose, accepting: [412, 501])
    switch answer.status {
    case 412: return (true, nil)
    case 501: return (nil, nil)
    default: return (false, Version(answer))
    }
  }

  /// - Returns: `nil` if this access may not.
  func overwrite(_ bytes: [UInt8]) async throws -> Version? {
    do {
      return try await put(bytes)
    } catch let error as StoreError where error.kind == .denied {
      return nil
    }
  }

  /// Governance is a lock that some may open: whoever has broken in would try.
  ///
  /// - Returns: whether it is gone.
  func erase(_ version: Version) async throws -> Bool {
    let headers: HTTPHeaders = version.id == nil ? [:] : ["x-amz-bypass-governance-retention": "true"]
    let answer = try await client.send(.init(.delete, key, query: version.query, headers: headers), to: purpose, accepting: Set(400...499))
    return answer.response.isSuccess || answer.status == 404
  }

  /// Whether the bytes of a version can be read.
  func holds(_ bytes: [UInt8], _ version: Version) async throws -> Bool {
    let answer = try await client.send(.init(.get, key, query: version.query), to: purpose, accepting: Set(400...499))
    return answer.response.isSuccess && answer.response.body == bytes
  }

  /// Listings do not show what has a mark of removal as its last version.
  func hide() async throws { _ = try await client.send(.init(.delete, key), to: purpose, accepting: Set(400...499)) }
}
