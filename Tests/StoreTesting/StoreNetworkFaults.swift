import Primitives
package import Stores
import TestSupport
import Testing

/// A store behind a slow line and behind lines that are cut half-way, at many places and in both directions: under `RetryingStore` each call
/// completes, objects end whole and stay so.
///
/// - Parameters:
///   - server: its port on 127.0.0.1.
///   - showsParts: a server that writes in place lets others see a part of what is on its way. Leave it out for every better one: then
///     somebody looks all the time and must never see one.
///   - cutsUploads: a server that loses what an earlier, dying upload of the same name removes cannot be cut while it is sent to.
///   - cuts: places at which the line of the first connection is cut, in each direction.
///   - makeStore: the same repository through any port of 127.0.0.1. Without `RetryingStore`.
package func expectStoreSurvivesCutLines(
  to server: UInt16, showsParts: Bool = false, cutsUploads: Bool = true, cuts: Int = 12,
  _ makeStore: @Sendable @escaping (_ port: UInt16) async throws -> any BlobStore
) async throws {
  let direct = brisk(try await makeStore(server))
  try await direct.createLayout()
  let watch = showsParts ? nil : Task { try await watchForParts(of: direct) }
  defer { watch?.cancel() }
  var written: [ObjectName: [UInt8]] = [:]
  func transfer(_ proxy: CuttingProxy, _ label: String) async throws {
    let (name, bytes) = object(.pack, [UInt8](repeating: UInt8(written.count + 1), count: packSize))
    let store = brisk(try await makeStore(proxy.port))
    try await store.put(bytes, as: name)
    await expectWhole(name, bytes, in: direct, label)
    #expect(try await store.bytes(of: name, in: nil) == bytes, "\(label)")
    #expect(try await store.bytes(of: name, in: 1000..<packSize) == Array(bytes[1000...]), "\(label)")
    written[name] = bytes
    #expect(Set(try await store.names(of: .pack).map(\.name)) == Set(written.keys), "\(label)")
  }

  let slow = try CuttingProxy(to: server) { _ in .init(delay: .milliseconds(15)) }
  try await transfer(slow, "slow line")
  for cut in 0..<cuts {
    let sent = 1 + (slow.sentBytes - 1) * cut / cuts
    if cutsUploads {
      try await transfer(try CuttingProxy(to: server) { $0 == 0 ? .init(closeAfterSent: sent) : .good }, "cut after \(sent) bytes sent")
    }
    let received = 1 + (slow.receivedBytes - 1) * cut / cuts
    try await transfer(
      try CuttingProxy(to: server) { $0 == 0 ? .init(closeAfterReceived: received) : .good }, "cut after \(received) bytes received")
  }
  if cutsUploads {
    try await transfer(
      try CuttingProxy(to: server) { .init(closeAfterSent: packSize / 3 * ($0 + 1)) }, "every connection is cut, each somewhat later")
  }

  // What a cut left to do on the server must not undo what came after it.
  for (name, bytes) in written { await expectWhole(name, bytes, in: direct, "at the end") }
  watch?.cancel()
  try await watch?.value
}

/// In bytes: more than a socket's buffers hold.
private let packSize = 700_000

private func brisk(_ store: any BlobStore) -> RetryingStore {
  RetryingStore(store, patience: Patience(total: .seconds(300), firstPause: .milliseconds(20), longestPause: .milliseconds(200)))
}

private func expectWhole(_ name: ObjectName, _ bytes: [UInt8], in store: any BlobStore, _ label: String) async {
  do { #expect(try await store.bytes(of: name, in: nil) == bytes, "\(label)") } catch { Issue.record("\(label): \(error)") }
}

private func watchForParts(of store: any BlobStore) async throws {
  while !Task.isCancelled {
    do {
      for object in try await store.names(of: .pack) where object.byteCount != packSize {
        Issue.record("\(object.name) is shown with \(object.byteCount) of \(packSize) bytes")
        return
      }
      try await Task.sleep(for: .milliseconds(2))
    } catch is CancellationError {}
  }
}
