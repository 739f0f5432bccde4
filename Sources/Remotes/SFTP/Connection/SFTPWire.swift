import CLinux
import Glibc
import Stores
import Synchronization

/// Moves bytes between an exchange and ssh, on a thread of its own.
///
/// The thread holds the wire and nothing else does so but the connection, whose end finishes it.
final class SFTPWire: Sendable {
  private struct State {
    var exchange = SFTPExchange()
    var isFinishing = false
    /// Whether the thread knows already that there is something to do.
    var isWoken = false
  }

  /// Why no more bytes are moved.
  private enum End {
    case finished
    /// ssh closed its output.
    case closed
    case malformed(SFTPMalformed)
    /// For this long nothing came that was owed.
    case silent(Duration)
  }

  private let command: SSHCommand
  private let process: SSHProcess
  private let bell: Int32
  private let state = Mutex(State())

  init(_ command: SSHCommand) throws(StoreError) {
    self.command = command
    bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard bell >= 0 else {
      throw StoreError(.other, "cannot watch a connection for store '\(command.place.address)': \(String(cString: strerror(errno)))")
    }
    do { process = try SSHProcess(command) } catch {
      close(bell)
      throw error
    }
  }

  deinit { close(bell) }

  func change<Value: Sendable>(_ body: (inout SFTPExchange) -> Value) -> Value { state.withLock { body(&$0.exchange) } }

  /// To be called when there may be something to send.
  func wake() {
    let isNews = state.withLock { state in
      defer { state.isWoken = true }
      return !state.isWoken
    }
    if isNews { eventfd_write(bell, 1) }
  }

  /// What waits to be sent still goes, then ssh is ended.
  func finish() {
    state.withLock { $0.isFinishing = true }
    wake()
  }

  /// Instead of `run`.
  func giveUp() { process.end() }

  /// Blocks until the connection is over and ssh is gone.
  func run() {
    var errors = SSHWords(process.errors)
    let end = move(&errors)
    if case .closed = end { errors.readToEnd() }
    let error = storeError(end, errors.text)
    let deliveries = state.withLock { $0.exchange.end(error) }
    for delivery in deliveries { delivery.waiter.resume(with: delivery.result) }
    process.end()
  }

  private func move(_ errors: inout SSHWords) -> End {
    var frames = SFTPFrames()
    var outgoing = SFTPOutgoing()
    var silence = SFTPSilence(command.timeouts)
    while true {
      if outgoing.isEmpty, !refill(&outgoing), state.withLock({ $0.isFinishing }) { return .finished }
      let owed = state.withLock { (isOpen: $0.exchange.isOpen, isOwed: $0.exchange.isOwed || !outgoing.isEmpty) }
      if let time = silence.isOver(isOpen: owed.isOpen, isOwed: owed.isOwed) { return .silent(time) }
      var polled = [
        pollfd(fd: process.socket, events: Int16(POLLIN | (outgoing.isEmpty ? 0 : POLLOUT)), revents: 0),
        pollfd(fd: bell, events: Int16(POLLIN), revents: 0), pollfd(fd: errors.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      poll(&polled, nfds_t(polled.count), owed.isOwed ? 500 : -1)
      // Rest is no silence, however long it was.
      if !owed.isOwed { silence.end() }
      if polled[2].revents != 0 { errors.read() }
      if polled[1].revents != 0 { answerBell() }
      if polled[0].revents & Int16(POLLOUT) != 0 {
        repeat {
          guard outgoing.send(to: process.socket) else { break }
          silence.end()
        } while outgoing.isEmpty && refill(&outgoing)
      }
      if polled[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
        do { guard try receive(&frames) else { return .closed } } catch { return .malformed(error) }
        silence.end()
      }
    }
  }

  private func answerBell() {
    var count: eventfd_t = 0
    eventfd_read(bell, &count)
    state.withLock { $0.isWoken = false }
  }

  private func refill(_ outgoing: inout SFTPOutgoing) -> Bool {
    guard let packet = state.withLock({ $0.exchange.nextToSend() }) else { return false }
    outgoing = SFTPOutgoing(packet)
    return true
  }

  /// - Returns: `false` when ssh has closed its output.
  private func receive(_ frames: inout SFTPFrames) throws(SFTPMalformed) -> Bool {
    let count = frames.fill { recv(process.socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
    guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
    while let message = try frames.next() {
      let deliveries = try takeIn(message)
      for delivery in deliveries { delivery.waiter.resume(with: delivery.result) }
    }
    return true
  }

  private func takeIn(_ message: SFTPMessage) throws(SFTPMalformed) -> [SFTPExchange.Delivery] {
    try state.withLock { state throws(SFTPMalformed) in try state.exchange.take(message) }
  }

  private func storeError(_ end: End, _ said: String) -> StoreError {
    let wasOpen = state.withLock { $0.exchange.isOpen }
    switch end {
    case .finished: return SSHFailure.lost(because: "it was let go of", command)
    case .closed: return SSHFailure.error(said: said, wasOpen: wasOpen, command)
    case .silent(let time):
      let reason = "no answer for \(time.components.seconds) s"
      return wasOpen ? SSHFailure.lost(because: reason, command) : SSHFailure.unreachable(command, because: reason)
    case .malformed(let what):
      return StoreError(
        .other, "the server of store '\(command.place.address)' does not speak SFTP: \(what.reason) (byte \(what.offset))",
        hints: ["if 'ssh' prints text at each login there (.bashrc, .profile), keep it silent when nobody is at a terminal"])
    }
  }
}
