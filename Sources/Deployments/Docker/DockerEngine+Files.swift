import Remotes

extension DockerEngine {
  /// What lies at and below a path in a container, be it running or not: the engine's archive call.
  ///
  /// The first entry is the path itself, with an empty path, be it a folder or a file. A link at the path itself is not followed by Docker
  /// (one entry of kind `symlink`), but is by Podman. Owners are 0 with Podman whoever they are. Docker leaves out files that it
  /// cannot read without a word, so what must be there is for the caller to check.
  ///
  /// - Parameter container: name or id.
  /// - Parameter largest: bytes of all files together.
  /// - Throws: `DockerError` of kind `noSuchPath` or `noSuchContainer`; `ArchiveError`; `HTTPError`.
  package func files(in container: String, under path: String, largest: Int) async throws -> [ArchivedFile] {
    try await archive(container: container, path: path, into: ArchiveContents(largest: largest)) { contents, bytes in
      try contents.take(bytes)
    } finish: {
      try $0.finish()
    }.files
  }

  /// The tar archive of a path in a container, entry by entry as it comes, folded into `state`.
  package func archive<State: Sendable>(
    container: String, path: String, into state: State, _ take: @escaping @Sendable (inout State, TarReader.Event) throws -> Void
  ) async throws -> State {
    try await archive(container: container, path: path, into: Reading(state: state)) { reading, bytes in
      for event in try reading.reader.take(bytes) { try take(&reading.state, event) }
    } finish: {
      try $0.reader.finish()
    }.state
  }

  private func archive<State: Sendable>(
    container: String, path: String, into state: State, _ take: @escaping @Sendable (inout State, [UInt8]) throws -> Void,
    finish: (State) throws -> Void
  ) async throws -> State {
    let call = ["containers", container, "archive"]
    // Without a slash at the end: with `/.` Podman leaves out the folder itself.
    let plain = "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    let streamed = try await client.stream(
      HTTPRequest(.get, address(call, query: "path=" + Self.encoded(plain))), into: state
    ) { state, bytes in
      try take(&state, bytes.withUnsafeBytes { Array($0) })
    }
    guard streamed.response.isSuccess else { throw try await failure(streamed.response, call, container, plain) }
    try finish(streamed.state)
    return streamed.state
  }

  /// 404 is for the container and for the path, in words that differ between engines; so the container is asked for once more.
  private func failure(_ response: HTTPResponse, _ call: [String], _ container: String, _ path: String) async throws -> any Error {
    guard response.status == 404 else { return refusal(response, call) }
    _ = try await self.container(container)
    return DockerError(.noSuchPath, "container '\(container)' has no '\(path)'")
  }
}

private struct Reading<State: Sendable>: Sendable {
  var reader = TarReader()
  var state: State
}
