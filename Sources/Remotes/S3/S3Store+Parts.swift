import Stores

/// Large objects go in parts (multipart upload): none is larger than a server takes, and a lost connection costs one part.
extension S3Store {
  /// Seconds after which an upload belongs to no run any more.
  private static let leftoverAge = 86_400

  func putInParts(_ bytes: [UInt8], key: String, _ purpose: S3Client.Purpose) async throws {
    let answer = try await client.send(.init(.post, key, query: [("uploads", "")]), to: purpose)
    guard let begun = S3XML.root(of: answer.response.body), begun.name == "InitiateMultipartUploadResult", let id = begun["UploadId"] else {
      throw client.misunderstood(purpose, "the answer to a new upload is damaged")
    }
    do {
      try await complete(id, key, try await sendParts(of: bytes, id, key, purpose), purpose)
    } catch {
      // A task of its own: the parts must go when this one was cancelled, too.
      await Task { [self] in try? await abort(id, key, purpose) }.value
      throw error
    }
  }

  package func removeLeftovers(now: Int) async throws -> Int {
    let purpose = S3Client.Purpose("clear", "unfinished uploads")
    let old = try await uploads(purpose).filter { row in
      now - row.begun > Self.leftoverAge && ObjectName.Kind.allCases.contains { place.name($0, key: row.key) != nil }
    }
    for row in old { try await abort(row.id, row.key, purpose) }
    return old.count
  }

  /// - Returns: the parts' tags, in their order.
  private func sendParts(of bytes: [UInt8], _ id: String, _ key: String, _ purpose: S3Client.Purpose) async throws -> [String] {
    var tags: [String] = []
    for start in stride(from: 0, to: bytes.count, by: sizes.part) {
      let part = Array(bytes[start..<min(start + sizes.part, bytes.count)])
      let query = [(name: "partNumber", value: String(tags.count + 1)), (name: "uploadId", value: id)]
      let answer = try await client.send(
        .init(.put, key, query: query, headers: ["Content-MD5": Checksum.md5(part)], body: part), to: purpose)
      guard let tag = answer.response.headers["ETag"] else { throw client.misunderstood(purpose, "a part has no tag") }
      tags.append(tag)
    }
    return tags
  }

  private func complete(_ id: String, _ key: String, _ tags: [String], _ purpose: S3Client.Purpose) async throws {
    let parts = tags.enumerated().map { "<Part><PartNumber>\($0 + 1)</PartNumber><ETag>\(Self.escaped($1))</ETag></Part>" }
    let body = "<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>"
    let answer = try await client.send(.init(.post, key, query: [("uploadId", id)], body: Array(body.utf8)), to: purpose)
    // It takes the server long, so it may say 200 first and that it failed then.
    let result = S3XML.root(of: answer.response.body)
    guard result?.name == "CompleteMultipartUploadResult" else {
      guard result?.name == "Error" else { throw client.misunderstood(purpose, "the answer to its last part is damaged") }
      throw client.error(S3Failure(answer.response, result), answer.credentials, purpose)
    }
  }

  private func abort(_ id: String, _ key: String, _ purpose: S3Client.Purpose) async throws {
    _ = try await client.send(.init(.delete, key, query: [("uploadId", id)]), to: purpose, accepting: [404])
  }

  /// Those below this repository's prefix. A server that cannot list them keeps none for us to find.
  private func uploads(_ purpose: S3Client.Purpose) async throws -> [S3Uploads.Row] {
    var found: [S3Uploads.Row] = []
    var next: (key: String, id: String)?
    repeat {
      var query = [(name: "uploads", value: ""), (name: "prefix", value: place.keyPrefix)]
      if let next { query += [("key-marker", next.key), ("upload-id-marker", next.id)] }
      let answer = try await client.send(.init(.get, nil, query: query), to: purpose, accepting: [501])
      if answer.status == 501 { return [] }
      guard let page = S3Uploads(answer.response.body) else { throw client.misunderstood(purpose, "the list of uploads is damaged") }
      if let next, let then = page.next, next == then { throw client.misunderstood(purpose, "the list of uploads goes round in circles") }
      found += page.rows
      next = page.next
    } while next != nil
    return found
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
