import Foundation
import Glibc
import Primitives
import Stores
import TestSupport
import Testing

import Remotes

/// A connection that goes in the middle of things.
struct SFTPBrokenLineTests {
  private let server: SSHServer

  init() throws { server = try .shared() }

  @Test func `an upload cut half-way fails as transient, names nothing, and succeeds when repeated`() async throws {
    let proxy = try CuttingProxy(to: server.port) { $0 == 1 ? .init(closeAfterSent: 3 << 20) : .good }
    let folder = server.freshFolder()
    try await server.store(folder, port: proxy.port).createLayout()
    let store = try server.store(folder, port: proxy.port)
    let object = TestObject(byteCount: 8 << 20)

    let error = try await storeError { try await store.put(object.bytes, as: object.name) }
    let listed = try await store.names(of: .pack)
    try await store.put(object.bytes, as: object.name)

    #expect(error?.kind == .unreachable, "\(String(describing: error))")
    #expect(error?.summary.hasPrefix("the connection to store '\(store.address)' broke off") == true)
    #expect(listed.isEmpty)
    #expect(proxy.connections == 3)
    #expect(try await Data(store.bytes(of: object.name)) == Data(object.bytes))
    #expect(try await store.removeLeftovers(now: .max) == 0, "what the cut left was removed at the next connection")
  }

  @Test func `a download cut half-way fails as transient and succeeds when repeated`() async throws {
    let proxy = try CuttingProxy(to: server.port) { $0 == 0 ? .init(closeAfterReceived: 3 << 20) : .good }
    let object = TestObject(byteCount: 8 << 20)
    let folder = server.freshFolder()
    let writer = try server.store(folder)
    try await writer.createLayout()
    try await writer.put(object.bytes, as: object.name)
    let store = try server.store(folder, port: proxy.port)

    let error = try await storeError { _ = try await store.bytes(of: object.name) }

    #expect(error?.kind == .unreachable, "\(String(describing: error))")
    #expect(try await Data(store.bytes(of: object.name)) == Data(object.bytes))
  }

  enum Blow: CaseIterable { case client, session, server }

  @Test(arguments: Blow.allCases)
  func `all calls under way fail when a process dies, and the next ones work`(_ blow: Blow) async throws {
    let own = try SSHServer()
    let store = try own.store()
    try await store.createLayout()
    let slow = try own.store(store.place.folder, bandwidth: Bandwidth(bytesPerSecond: 1 << 20))
    let objects = (0..<4).map { TestObject(byteCount: 8 << 20, $0) }

    let kinds = try await withThrowingTaskGroup(of: StoreError.Kind?.self) { group in
      for object in objects { group.addTask { try await storeError { try await slow.put(object.bytes, as: object.name) }?.kind } }
      while own.openFiles.count < 4 { try await Task.sleep(for: .milliseconds(5)) }
      switch blow {
      case .client: for client in own.clients { kill(client, SIGKILL) }
      case .session: own.killSessions()
      case .server: own.stop()
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let refusal = blow == .server ? try await storeError { _ = try await store.names(of: .lock) } : nil
    if blow == .server { try own.restart() }
    // The other store may notice only now that its connection is gone: that is one failure at most.
    _ = try await storeError { _ = try await store.names(of: .lock) }
    try await store.put(objects[0].bytes, as: objects[0].name)

    #expect(kinds == [.unreachable, .unreachable, .unreachable, .unreachable])
    #expect(blow != .server || refusal?.kind == .unreachable)
    #expect(try await store.names(of: .pack).map(\.name) == [objects[0].name])
  }

  @Test func `a line that is dead without a word is noticed`() async throws {
    let proxy = try CuttingProxy(to: server.port)
    let store = try server.store(port: proxy.port, timeouts: .init(alive: .seconds(1)))
    try await store.createLayout()
    proxy.hold()

    let error = try await storeError { _ = try await store.names(of: .pack) }
    proxy.release()

    #expect(error?.kind == .unreachable, "\(String(describing: error))")
    #expect(try await store.names(of: .pack).isEmpty)
  }

  @Test func `a server that says nothing at all is given up`() async throws {
    let proxy = try CuttingProxy(to: server.port)
    proxy.hold()
    let store = try server.store(port: proxy.port, timeouts: .init(connect: .seconds(1)))

    let error = try await storeError { try await store.createLayout() }

    #expect(error?.kind == .unreachable, "\(String(describing: error))")
  }

  @Test func `a server that stops answering behind a living line is given up`() async throws {
    let own = try SSHServer()
    let folder = own.freshFolder()
    try await own.store(folder).createLayout()
    let store = try own.store(folder, timeouts: .init(alive: .seconds(60), stall: .seconds(2)))
    _ = try await store.names(of: .lock)
    own.pauseSessions()

    let error = try await storeError { _ = try await store.names(of: .pack) }

    #expect(error?.kind == .unreachable)
    #expect(error?.summary.contains("no answer for ") == true, "\(String(describing: error))")
  }

  @Test func `a connection that was idle for longer than a silence may last is still good`() async throws {
    let proxy = try CuttingProxy(to: server.port)
    let store = try server.store(server.folder, port: proxy.port, timeouts: .init(stall: .seconds(3)))
    _ = try await store.names(of: .lock)
    try await Task.sleep(for: .milliseconds(3500))

    #expect(try await store.names(of: .lock).isEmpty)
    #expect(proxy.connections == 1)
  }

  @Test func `over a slow line with latency everything still works`() async throws {
    let proxy = try CuttingProxy(to: server.port) { _ in .init(delay: .milliseconds(2), bytesPerSecond: 20_000_000) }
    let store = try server.store(port: proxy.port)
    try await store.createLayout()
    let object = TestObject(byteCount: 2 << 20)

    try await store.put(object.bytes, as: object.name)

    #expect(try await Data(store.bytes(of: object.name)) == Data(object.bytes))
    #expect(proxy.sentBytes > 2 << 20 && proxy.receivedBytes > 2 << 20)
  }
}
