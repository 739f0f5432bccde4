import Stores

extension SFTPConnection {
  /// Pieces of one transfer under way, so that others have their turn too.
  private static let piecesAtOnce = 64

  /// - Throws: `SFTPFailure` unless the server says that it is done.
  func done(_ request: SFTPRequest) async throws {
    let response = try await ask(request)
    guard case .status(.ok, _) = response else { throw unexpected(response) }
  }

  func size(of path: String) async throws -> Int { try size(try await attributes(.status(path))) }

  func size(of file: [UInt8]) async throws -> Int { try size(try await attributes(.statusOfOpen(file))) }

  private func size(_ attributes: SFTPAttributes) throws -> Int {
    guard let size = attributes.size else { throw SFTPFailure(.unsupported, "the server tells no sizes") }
    return size
  }

  func attributesIfPresent(_ path: String) async throws -> SFTPAttributes? {
    do { return try await attributes(.status(path)) } catch let failure as SFTPFailure where failure.status == .noSuchFile { return nil }
  }

  private func attributes(_ request: SFTPRequest) async throws -> SFTPAttributes {
    let response = try await ask(request)
    guard case .attributes(let attributes) = response else { throw unexpected(response) }
    return attributes
  }

  /// Without `.` and `..`.
  func entries(of folder: String) async throws -> [SFTPEntry] {
    try await withHandle(.openFolder(folder)) { handle in
      var entries: [SFTPEntry] = []
      while true {
        switch try await ask(.readFolder(handle)) {
        case .names(let names): entries += names.filter { $0.name != "." && $0.name != ".." }
        case .status(.endOfFile, _): return entries
        case let response: throw unexpected(response)
        }
      }
    }
  }

  func withFile<Value: Sendable>(
    _ path: String, _ mode: SFTPRequest.OpenMode = .reading, _ body: (_ file: [UInt8]) async throws -> Value
  ) async throws -> Value {
    try await withHandle(.open(path, mode), body)
  }

  /// Closes it in any case; a failure to close counts, as a disk may tell only then that it is full.
  private func withHandle<Value: Sendable>(
    _ request: SFTPRequest, _ body: (_ handle: [UInt8]) async throws -> Value
  ) async throws -> Value {
    let response = try await ask(request)
    guard case .handle(let handle) = response else { throw unexpected(response) }
    let value: Value
    do { value = try await body(handle) } catch {
      post(.close(handle))
      throw error
    }
    // Once only: the server may have given the same handle to somebody else by then.
    try await done(.close(handle))
    return value
  }

  /// Makes the names in a folder durable, where the server can.
  func syncFolder(_ path: String) async throws {
    guard try await features().syncs else { return }
    // OpenSSH on Linux opens a folder like a file. Others may not, and then there is no way.
    guard case .handle(let handle) = try await ask(.open(path, .reading)) else { return }
    defer { post(.close(handle)) }
    _ = try await ask(.sync(handle))
  }

  func upload(_ bytes: [UInt8], to file: [UInt8], _ chunkSize: Int, _ bandwidth: Bandwidth?) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (number, offset) in stride(from: 0, to: bytes.count, by: chunkSize).enumerated() {
        if number >= Self.piecesAtOnce { try await group.next() }
        let piece = bytes[offset..<min(offset + chunkSize, bytes.count)]
        try await pause(bandwidth, piece.count)
        group.addTask { try await self.done(.write(file, offset: offset, piece)) }
      }
      try await group.waitForAll()
    }
  }

  private struct Piece {
    let range: Range<Int>
    let bytes: [UInt8]
  }

  /// - Returns: less than was asked for if the file ends before.
  func download(_ range: Range<Int>, of file: [UInt8], _ bandwidth: Bandwidth?) async throws -> [UInt8] {
    let chunkSize = try await features().chunkSize
    // A size is the server's word: room for no more than that is made before it delivers.
    var assembly = Assembly(start: range.lowerBound, expected: min(range.count, 64 << 20))
    try await withThrowingTaskGroup(of: Piece.self) { group in
      for (number, offset) in stride(from: range.lowerBound, to: range.upperBound, by: chunkSize).enumerated() {
        if number >= Self.piecesAtOnce, let piece = try await group.next() { assembly.add(piece.bytes, at: piece.range) }
        if assembly.isOver { break }
        let part = offset..<min(offset + chunkSize, range.upperBound)
        try await pause(bandwidth, part.count)
        group.addTask { Piece(range: part, bytes: try await self.read(part, of: file)) }
      }
      for try await piece in group { assembly.add(piece.bytes, at: piece.range) }
    }
    return assembly.bytes
  }

  /// A server may give less at a time than it is asked for.
  private func read(_ range: Range<Int>, of file: [UInt8]) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < range.count {
      let response = try await ask(.read(file, offset: range.lowerBound + bytes.count, count: range.count - bytes.count))
      switch response {
      case .data(let data) where !data.isEmpty && data.count <= range.count - bytes.count: bytes = bytes.isEmpty ? data : bytes + data
      case .status(.endOfFile, _): return bytes
      default: throw unexpected(response)
      }
    }
    return bytes
  }

  private func pause(_ bandwidth: Bandwidth?, _ byteCount: Int) async throws {
    if let pause = bandwidth?.book(byteCount), pause > .zero { try await Task.sleep(for: pause) }
  }

  private func unexpected(_ response: SFTPResponse) -> SFTPFailure {
    if case .status(let status, let message) = response, status != .ok { return SFTPFailure(status, message) }
    return SFTPFailure(.unsupported, "the server's answer does not fit the request")
  }
}

/// Pieces of one file, put together in their order.
private struct Assembly {
  private(set) var bytes: [UInt8] = []
  /// Whether the file ended inside a piece.
  private(set) var isOver = false
  private let start: Int
  /// By offset: came before those in front of them.
  private var early: [Int: [UInt8]] = [:]

  init(start: Int, expected: Int) {
    self.start = start
    bytes.reserveCapacity(expected)
  }

  mutating func add(_ piece: [UInt8], at range: Range<Int>) {
    if piece.count < range.count { isOver = true }
    early[range.lowerBound] = piece
    while let next = early.removeValue(forKey: start + bytes.count) { bytes += next }
  }
}
