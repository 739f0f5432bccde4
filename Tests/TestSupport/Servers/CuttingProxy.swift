import Foundation
import Glibc
import Synchronization

/// A TCP forwarder on loopback that makes a good line to a server a bad one: late, narrow, dead, cut.
///
/// It ends when the test lets go of it, and its connections with it.
package final class CuttingProxy: Sendable {
  /// What befalls one connection.
  package struct Line: Sendable {
    /// After so many bytes from client to server both ends are closed. What came before still arrives.
    package var closeAfterSent: Int?
    /// After so many bytes from server to client both ends are closed.
    package var closeAfterReceived: Int?
    /// Before each piece of up to 64 KiB, in both directions.
    package var delay: Duration
    /// In each direction.
    package var bytesPerSecond: Int?

    package init(closeAfterSent: Int? = nil, closeAfterReceived: Int? = nil, delay: Duration = .zero, bytesPerSecond: Int? = nil) {
      self.closeAfterSent = closeAfterSent
      self.closeAfterReceived = closeAfterReceived
      self.delay = delay
      self.bytesPerSecond = bytesPerSecond
    }

    package static var good: Line { Line() }
  }

  /// Where clients connect to, on 127.0.0.1.
  package let port: UInt16
  private let lines: ProxiedLines

  /// - Parameters:
  ///   - target: the server's port on 127.0.0.1. Nobody needs to listen there yet.
  ///   - line: what befalls a connection, by its number: 0 for the first.
  package init(to target: UInt16, _ line: @escaping @Sendable (_ connection: Int) -> Line = { _ in .good }) throws {
    let listener = try LoopbackPort.listen()
    port = listener.port
    lines = ProxiedLines(listener: listener.descriptor, target: target, line: line)
    let lines = lines
    Thread.detachNewThread { lines.acceptAll() }
  }

  deinit { lines.end() }

  /// Connections taken so far.
  package var connections: Int { lines.state.withLock { $0.accepted } }
  /// Bytes from clients to the server so far.
  package var sentBytes: Int { lines.state.withLock { $0.sent } }
  /// Bytes from the server to clients so far.
  package var receivedBytes: Int { lines.state.withLock { $0.received } }

  /// Closes every connection there is. New ones are taken.
  package func cut() { lines.cut() }

  /// From now on nothing passes, and nobody is told: connections stay open and new ones are taken.
  package func hold() { lines.state.withLock { $0.isHeld = true } }

  package func release() { lines.state.withLock { $0.isHeld = false } }
}

/// The listening socket and the connections. Threads hold it, never the proxy, so that letting go of that ends them.
private final class ProxiedLines: Sendable {
  struct State {
    var accepted = 0
    var sent = 0
    var received = 0
    var isHeld = false
    var isOver = false
    var open: [Int: ProxiedConnection] = [:]
  }

  let state = Mutex(State())
  private let listener: Int32
  private let target: UInt16
  private let line: @Sendable (Int) -> CuttingProxy.Line

  init(listener: Int32, target: UInt16, line: @escaping @Sendable (Int) -> CuttingProxy.Line) {
    self.listener = listener
    self.target = target
    self.line = line
  }

  deinit { close(listener) }

  func end() {
    state.withLock { $0.isOver = true }
    shutdown(listener, Int32(SHUT_RDWR))
    cut()
  }

  func cut() {
    let open = state.withLock { $0.open.values.map { $0 } }
    for connection in open { connection.cut() }
  }

  func acceptAll() {
    while true {
      let client = accept(listener, nil, nil)
      if client < 0, errno == EINTR || errno == ECONNABORTED { continue }
      guard client >= 0 else { return }
      _ = fcntl(client, F_SETFD, FD_CLOEXEC)
      guard let server = try? LoopbackPort.connect(target) else {
        close(client)
        continue
      }
      take(client, server)
    }
  }

  private func take(_ client: Int32, _ server: Int32) {
    let connection = ProxiedConnection(client: client, server: server)
    let number = state.withLock { state in
      defer { state.accepted += 1 }
      if !state.isOver { state.open[state.accepted] = connection }
      return state.isOver ? nil : state.accepted
    }
    guard let number else { return }
    let line = line(number)
    Thread.detachNewThread { [self] in
      Thread.detachNewThread { [self] in
        connection.pump(from: client, to: server, line, closeAfter: line.closeAfterSent) { count in note { $0.sent += count } }
        forget(number, connection)
      }
      connection.pump(from: server, to: client, line, closeAfter: line.closeAfterReceived) { count in note { $0.received += count } }
      forget(number, connection)
    }
  }

  /// - Returns: whether bytes may pass at this moment.
  private func note(_ change: (inout State) -> Void) -> Bool {
    state.withLock { state in
      change(&state)
      return !state.isHeld
    }
  }

  private func forget(_ number: Int, _ connection: ProxiedConnection) {
    if connection.isCut { state.withLock { _ = $0.open.removeValue(forKey: number) } }
  }
}

/// Two sockets, closed when both directions are done.
private final class ProxiedConnection: Sendable {
  private static let pieceSize = 64 << 10

  private let client: Int32
  private let server: Int32
  private let directionsLeft = Mutex(2)

  init(client: Int32, server: Int32) {
    self.client = client
    self.server = server
  }

  deinit {
    close(client)
    close(server)
  }

  var isCut: Bool { directionsLeft.withLock { $0 <= 0 } }

  func cut() {
    directionsLeft.withLock { $0 = 0 }
    shutdown(client, Int32(SHUT_RDWR))
    shutdown(server, Int32(SHUT_RDWR))
  }

  /// Returns when this direction is over.
  ///
  /// - Parameter passes: told of bytes on their way, says whether they may go on.
  func pump(from source: Int32, to target: Int32, _ line: CuttingProxy.Line, closeAfter: Int?, passes: (_ count: Int) -> Bool) {
    var left = closeAfter ?? .max
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 1)
    defer { piece.deallocate() }
    while left > 0 {
      let count = recv(source, piece.baseAddress, min(piece.count, left), 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return finish(target) }
      pause(line.delay)
      var mayPass = passes(count)
      while !mayPass, !isCut {
        usleep(5000)
        mayPass = passes(0)
      }
      guard mayPass, send(UnsafeRawBufferPointer(rebasing: piece[..<count]), to: target) else { return cut() }
      left -= count
      if let rate = line.bytesPerSecond { pause(.seconds(1) * count / rate) }
    }
    cut()
  }

  /// One direction may end while the other goes on.
  private func finish(_ target: Int32) {
    shutdown(target, Int32(SHUT_WR))
    directionsLeft.withLock { $0 -= 1 }
  }

  private func send(_ bytes: UnsafeRawBufferPointer, to target: Int32) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = Glibc.send(target, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))  // not empty here
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  private func pause(_ time: Duration) { if time > .zero { usleep(UInt32(min(time / .microseconds(1), 60_000_000))) } }
}
