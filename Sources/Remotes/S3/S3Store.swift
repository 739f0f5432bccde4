package import Stores

/// A repository in object storage that speaks S3: AWS, and the many servers beside it.
///
/// Keys are restic's: `prefix/config`, `prefix/data/xx/ID`. An object is seen when its request has succeeded, never a part of it.
package struct S3Store: BlobStore {
  /// Sizes that tests make small.
  package struct Sizes: Sendable {
    /// In bytes: larger objects go in parts. Packs are about 16 MiB, so it is large indexes and other tools' packs that do.
    package var largestWhole: Int
    /// In bytes. S3 takes none under 5 MiB, but for the last.
    package var part: Int
    /// Rows a listing is asked for at once; `nil`: as many as the server likes, usually 1000.
    package var page: Int?

    package init(largestWhole: Int = 64 << 20, part: Int = 16 << 20, page: Int? = nil) {
      self.largestWhole = largestWhole
      self.part = part
      self.page = page
    }
  }

  /// In bytes: what is read whole, as indexes are, must fit into memory.
  private static let largestObject = 1 << 30

  package let place: S3Place
  let sizes: Sizes
  let client: S3Client

  /// - Parameters:
  ///   - connection: authority, limits and bandwidth of the connections.
  ///   - now: seconds since 1970.
  package init(
    _ place: S3Place, credentials: S3Credentials.Source, connection: HTTPClient.Options = .init(), sizes: Sizes = Sizes(),
    now: @escaping @Sendable () -> Int
  ) {
    self.place = place
    self.sizes = sizes
    var options = connection
    options.largestBody = Self.largestObject
    client = S3Client(place: place, source: credentials, http: HTTPClient(options), now: now)
  }

  package var address: String { place.address }

  /// Keys need no folders; but a bucket is never made up here: its name is everybody's, its settings are the owner's.
  package func createLayout() async throws {
    _ = try await page(of: place.keyPrefix, after: nil, S3Client.Purpose("open", "bucket '\(place.bucket)'"), rows: 1)
  }

  package func put(_ bytes: [UInt8], as name: ObjectName) async throws {
    let purpose = S3Client.Purpose("store", name)
    if let present = try await sizeIfPresent(name, purpose) {
      guard name != .config else { throw alreadyThere(purpose) }
      if present == bytes.count { return }
    }
    if name == .config {
      try await create(name, bytes, purpose)
    } else if bytes.count > sizes.largestWhole {
      try await putInParts(bytes, key: place.key(of: name), purpose)
    } else {
      _ = try await client.send(upload(name, bytes), to: purpose)
    }
  }

  package func bytes(of name: ObjectName, in range: Range<Int>?) async throws -> [UInt8] {
    let purpose = S3Client.Purpose("read", name)
    guard let range else { return try await client.send(.init(.get, place.key(of: name)), to: purpose).response.body }
    let headers: HTTPHeaders = ["Range": "bytes=\(range.lowerBound)-\(range.upperBound - 1)"]
    let answer = try await client.send(.init(.get, place.key(of: name), headers: headers), to: purpose, accepting: [416])
    guard answer.status != 416 else { throw endsEarly(purpose, range) }
    let body = answer.response.body
    // A server may answer with the whole object.
    let start = answer.status == 206 ? 0 : range.lowerBound
    guard body.count >= start + range.count else { throw endsEarly(purpose, range) }
    return body.count == range.count ? body : Array(body[start..<start + range.count])
  }

  package func size(of name: ObjectName) async throws -> Int {
    let purpose = S3Client.Purpose("measure", name)
    guard let size = try await sizeIfPresent(name, purpose) else { throw notThere(purpose) }
    return size
  }

  package func names(of kind: ObjectName.Kind) async throws -> [StoredObject] {
    let purpose = S3Client.Purpose("list", kind == .config ? kind.rawValue : kind.folder)
    if kind == .config {
      return try await sizeIfPresent(.config, purpose).map { [StoredObject(name: .config, byteCount: $0)] } ?? []
    }
    var found: [StoredObject] = []
    var token: String?
    repeat {
      let page = try await page(of: "\(place.keyPrefix)\(kind.folder)/", after: token, purpose)
      found += page.rows.compactMap { row in place.name(kind, key: row.key).map { StoredObject(name: $0, byteCount: row.byteCount) } }
      guard page.next == nil || page.next != token else { throw client.misunderstood(purpose, "its listing goes round in circles") }
      token = page.next
    } while token != nil
    return found
  }

  /// S3 says yes to removing what is not there, so it is asked first.
  package func remove(_ name: ObjectName) async throws {
    let purpose = S3Client.Purpose("remove", name)
    guard try await sizeIfPresent(name, purpose) != nil else { throw notThere(purpose) }
    _ = try await client.send(.init(.delete, place.key(of: name)), to: purpose)
  }
}

extension S3Store {
  /// A request that stores an object. Buckets with object lock take none without a checksum; MD5 is the one that every server knows.
  func upload(_ name: ObjectName, _ bytes: [UInt8], headers: HTTPHeaders = [:]) -> S3Client.Request {
    var headers = headers
    headers.add("Content-MD5", Checksum.md5(bytes))
    return .init(.put, place.key(of: name), headers: headers, body: bytes)
  }

  /// Of two that do this at once one loses, if the server can: some ignore the condition, some refuse it.
  private func create(_ name: ObjectName, _ bytes: [UInt8], _ purpose: S3Client.Purpose) async throws {
    let answer = try await client.send(upload(name, bytes, headers: ["If-None-Match": "*"]), to: purpose, accepting: [412, 501])
    switch answer.status {
    case 412: throw alreadyThere(purpose)
    case 501: _ = try await client.send(upload(name, bytes), to: purpose)
    default: return
    }
  }

  /// An answer to HEAD has no body that says why; so a refusal is asked for again with GET.
  func sizeIfPresent(_ name: ObjectName, _ purpose: S3Client.Purpose) async throws -> Int? {
    let head = try await client.send(.init(.head, place.key(of: name)), to: purpose, accepting: Set(300...499))
    if head.status == 404 { return nil }
    guard head.response.isSuccess else {
      _ = try await client.send(.init(.get, place.key(of: name), headers: ["Range": "bytes=0-0"]), to: purpose)
      throw client.error(head, purpose)
    }
    guard let size = head.response.headers["Content-Length"].flatMap({ Int($0) }), size >= 0 else {
      throw client.misunderstood(purpose, "the server does not say its size")
    }
    return size
  }

  /// One page of a listing, without delimiter: `data/` and its folders in one.
  private func page(of prefix: String, after token: String?, _ purpose: S3Client.Purpose, rows: Int? = nil) async throws -> S3Listing {
    var query = [(name: "list-type", value: "2"), (name: "prefix", value: prefix)]
    if let rows = rows ?? sizes.page { query.append(("max-keys", String(rows))) }
    if let token { query.append(("continuation-token", token)) }
    let answer = try await client.send(.init(.get, nil, query: query), to: purpose)
    guard let page = S3Listing(answer.response.body) else { throw client.misunderstood(purpose, "its listing is damaged") }
    return page
  }

  func notThere(_ purpose: S3Client.Purpose) -> StoreError {
    StoreError(.notFound, cannot: purpose.operation, purpose.what, in: address, because: "it is not there")
  }

  private func alreadyThere(_ purpose: S3Client.Purpose) -> StoreError {
    StoreError(.alreadyExists, cannot: purpose.operation, purpose.what, in: address, because: "it is already there")
  }

  private func endsEarly(_ purpose: S3Client.Purpose, _ range: Range<Int>) -> StoreError {
    StoreError(.damaged, cannot: purpose.operation, purpose.what, in: address, because: "it ends before byte \(range.upperBound)")
  }
}
