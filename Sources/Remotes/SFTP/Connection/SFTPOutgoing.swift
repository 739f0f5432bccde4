import CLinux
import Glibc

/// One packet on its way out.
struct SFTPOutgoing {
  private var head: [UInt8] = []
  private var payload: ArraySlice<UInt8> = []
  /// In bytes, of both together.
  private var sent = 0

  init() {}

  init(_ packet: SFTPExchange.Packet) {
    head = packet.head
    payload = packet.payload
  }

  var isEmpty: Bool { sent == head.count + payload.count }

  /// - Returns: whether some went.
  mutating func send(to socket: Int32) -> Bool {
    let done = sent
    let count = head.withUnsafeBytes { head in
      payload.withUnsafeBytes { payload in
        var parts = [
          iovec(UnsafeRawBufferPointer(rebasing: head[min(done, head.count)...])),
          iovec(UnsafeRawBufferPointer(rebasing: payload[max(0, done - head.count)...])),
        ]
        return parts.withUnsafeMutableBufferPointer { parts in
          var message = msghdr()
          message.msg_iov = parts.baseAddress
          message.msg_iovlen = parts.count
          return sendmsg(socket, &message, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        }
      }
    }
    if count > 0 { sent += count }
    return count > 0
  }
}

extension iovec {
  fileprivate init(_ bytes: UnsafeRawBufferPointer) {
    self.init(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
  }
}
