import Foundation
import Primitives
import StoreTesting
import Stores
import Synchronization
import TestSupport
import Testing

import Remotes

/// The store against OpenSSH's server.
struct SFTPStoreTests {
  private let server: SSHServer

  init() throws { server = try .shared() }

  @Test func `a folder on an SFTP server keeps the contract`() async throws {
    try await expectStoreContract { try server.store(server.freshFolder() + "/deep/er") }
  }

  @Test func `a folder relative to the login's keeps the contract too`() async throws {
    let name = UUID().uuidString
    try await expectStoreContract { try server.store("\(name)/repo") }

    #expect(FileManager.default.fileExists(atPath: "\(server.folder)/\(name)/repo/config"))
  }

  @Test func `a server of plain version 3, without extensions, keeps the contract`() async throws {
    let plain = try SSHServer(sftp: ["-P", "posix-rename,fsync,statvfs,limits,hardlink"])

    try await expectStoreContract { try plain.store() }
  }

  @Test func `objects of every size come back whole and in parts`() async throws {
    let store = try server.store()
    try await store.createLayout()
    let chunk = SFTPFeatures.largestChunk
    for size in [0, 1, chunk - 1, chunk, chunk + 1, 24 << 20] {
      let object = TestObject(byteCount: size)

      try await store.put(object.bytes, as: object.name)

      #expect(try await Data(store.bytes(of: object.name)) == Data(object.bytes), "\(size)")
      #expect(try Data(contentsOf: URL(filePath: "\(store.place.folder)/\(object.name.path)")) == Data(object.bytes), "\(size)")
      for range in [0..<1, size / 2..<size, size - 1..<size] where !range.isEmpty && range.upperBound <= size && range.lowerBound >= 0 {
        #expect(try await Data(store.bytes(of: object.name, in: range)) == Data(object.bytes[range]), "\(range) of \(size)")
      }
    }
  }

  @Test func `twenty tasks at once share one connection`() async throws {
    let proxy = try CuttingProxy(to: server.port)
    let store = try server.store(port: proxy.port)
    try await store.createLayout()

    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<20 {
        group.addTask {
          for round in 0..<3 {
            let object = TestObject(byteCount: 1 + number * 20_000, round)
            try await store.put(object.bytes, as: object.name)
            #expect(try await store.bytes(of: object.name) == object.bytes)
            #expect(try await store.contains(object.name))
          }
        }
      }
      try await group.waitForAll()
    }

    #expect(try await store.names(of: .pack).count == 60)
    #expect(proxy.connections == 1)
  }

  @Test func `of many who create the config one wins`() async throws {
    let store = try server.store()
    try await store.createLayout()

    let kinds = try await withThrowingTaskGroup(of: StoreError.Kind?.self) { group in
      for number in 0..<16 { group.addTask { try await storeError { try await store.put([UInt8(number), 1], as: .config) }?.kind } }
      return try await group.reduce(into: []) { $0.append($1) }
    }

    #expect(kinds.filter { $0 == nil }.count == 1)
    #expect(kinds.filter { $0 == .alreadyExists }.count == 15)
    #expect(try await store.removeLeftovers(now: .max) == 0)
  }

  @Test func `files are 0600 and folders 0700, and nothing unfinished stays`() async throws {
    let store = try server.store()
    try await store.createLayout()
    try await store.put([1, 2, 3], as: TestObject(byteCount: 3).name)
    try await store.put([1], as: .config)

    let paths = try #require(FileManager.default.enumerator(atPath: store.place.folder)).compactMap { $0 as? String }
    for path in paths {
      var status = stat()
      #expect(stat("\(store.place.folder)/\(path)", &status) == 0)
      #expect(status.st_mode & 0o777 == (status.st_mode & S_IFMT == S_IFDIR ? 0o700 : 0o600), "\(path)")
    }
    #expect(paths.count == 261 + 2)
  }

  @Test func `foreign and unfinished files are not listed, and only old unfinished ones are cleaned up`() async throws {
    let store = try server.store()
    try await store.createLayout()
    let object = TestObject(byteCount: 100)
    try await store.put(object.bytes, as: object.name)
    let now = 2_000_000_000
    let files = [
      ".a.1.akiba-part": now - 90_000, ".a.2.akiba-part": now - 3600, "README": now - 90_000, "\(object.name.fileName)-tmp-1": 0,
    ]
    for place in [object.name.folder, "locks", "index", "data/zz"] {
      try FileManager.default.createDirectory(atPath: "\(store.place.folder)/\(place)", withIntermediateDirectories: true)
      for (file, modified) in files {
        let path = "\(store.place.folder)/\(place)/\(file)"
        try Data([1]).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: Double(modified))], ofItemAtPath: path)
      }
    }
    // In the wrong folder, and a link to where it ought to be.
    let wrong = object.name.folder == "data/00" ? "data/01" : "data/00"
    try Data([1]).write(to: URL(filePath: "\(store.place.folder)/\(wrong)/\(object.name.fileName)"))
    let linked = TestObject(byteCount: 200)
    try Data(linked.bytes).write(to: URL(filePath: "\(store.place.folder)/elsewhere"))
    try FileManager.default.createSymbolicLink(
      atPath: "\(store.place.folder)/\(linked.name.path)", withDestinationPath: "\(store.place.folder)/elsewhere")

    #expect(
      Set(try await store.names(of: .pack)) == [
        StoredObject(name: object.name, byteCount: 100), StoredObject(name: linked.name, byteCount: 200),
      ])
    #expect(try await store.names(of: .lock).isEmpty)
    #expect(try await store.removeLeftovers(now: now) == 4)
    #expect(FileManager.default.fileExists(atPath: "\(store.place.folder)/locks/.a.2.akiba-part"))
    #expect(FileManager.default.fileExists(atPath: "\(store.place.folder)/locks/README"))
    #expect(!FileManager.default.fileExists(atPath: "\(store.place.folder)/locks/.a.1.akiba-part"))
  }

  @Test func `a missing subfolder of data is made again, and one of the layout too`() async throws {
    let store = try server.store()
    try await store.createLayout()
    let object = TestObject(byteCount: 5)
    for folder in [object.name.folder, "data/7f", "locks"] { try FileManager.default.removeItem(atPath: "\(store.place.folder)/\(folder)") }

    try await store.put(object.bytes, as: object.name)

    #expect(try await store.bytes(of: object.name) == object.bytes)
    #expect(try await store.names(of: .lock).isEmpty)
    try await store.createLayout()
    #expect(FileManager.default.fileExists(atPath: "\(store.place.folder)/data/7f"))
    #expect(FileManager.default.fileExists(atPath: "\(store.place.folder)/locks"))
  }

  @Test func `bandwidth is kept in both directions`() async throws {
    let object = TestObject(byteCount: 400_000)
    let booked = Mutex(0)
    let start = ContinuousClock.now
    // A clock far ahead of what was booked: nothing waits, and each question is noted.
    let bandwidth = Bandwidth(bytesPerSecond: 1000) {
      booked.withLock { $0 += 1 }
      return start + .seconds(10_000 * booked.withLock { $0 })
    }
    let store = try server.store(bandwidth: bandwidth)
    try await store.createLayout()
    let before = booked.withLock { $0 }

    try await store.put(object.bytes, as: object.name)
    let afterPut = booked.withLock { $0 }
    _ = try await store.bytes(of: object.name)

    let pieces = (object.bytes.count + SFTPFeatures.largestChunk - 1) / SFTPFeatures.largestChunk
    #expect(afterPut - before == pieces)
    #expect(booked.withLock { $0 } - afterPut == pieces)

    let narrow = try server.store(store.place.folder, bandwidth: Bandwidth(bytesPerSecond: 400_000))
    let time = try await ContinuousClock().measure { _ = try await narrow.bytes(of: object.name) }
    #expect(time > .milliseconds(700))
  }

  @Test func `a task that is cancelled neither breaks the connection for others nor leaves anything open`() async throws {
    let proxy = try CuttingProxy(to: server.port)
    let store = try server.store(port: proxy.port)
    let slow = try server.store(store.place.folder, port: proxy.port, bandwidth: Bandwidth(bytesPerSecond: 1 << 20))
    try await store.createLayout()
    let (large, small) = (TestObject(byteCount: 24 << 20), TestObject(byteCount: 1 << 20))

    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await slow.put(large.bytes, as: large.name) }
      group.addTask { try await slow.put(small.bytes, as: small.name) }
      while !server.openFiles.contains(where: { $0.contains(large.name.fileName) }) { try await Task.sleep(for: .milliseconds(5)) }
      group.cancelAll()
      await #expect(throws: CancellationError.self) { try await group.waitForAll() }
    }
    try await slow.put([1, 2, 3], as: TestObject(byteCount: 3).name)

    #expect(proxy.connections == 2, "one for each of the two stores")
    try eventually { try expectSoon(server.openFiles.filter { $0.hasPrefix(store.place.folder) }.isEmpty) }
    #expect(try await store.removeLeftovers(now: .max) == 0)
    #expect(try await store.names(of: .pack).count == 1)
  }

  @Test func `no ssh is left when the store is let go`() async throws {
    let own = try SSHServer()
    do {
      let store = try own.store()
      try await store.createLayout()
      #expect(own.clients.count == 1)
    }

    try eventually { try expectSoon(own.clients.isEmpty) }
  }
}
