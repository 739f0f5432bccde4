import Testing

import Remotes

/// The machine alone, without a server.
struct SFTPExchangeTests {
  private static let piece = 64 << 10

  /// After the server has greeted; it offers nothing.
  private func openExchange() throws -> SFTPExchange {
    var exchange = SFTPExchange()
    #expect(exchange.nextToSend()?.head == [0, 0, 0, 5, 1, 0, 0, 0, 3])
    _ = try exchange.take(SFTPMessage(parsing: [2, 0, 0, 0, 3]))
    return exchange
  }

  /// - Returns: the types of the messages that may go now.
  private func sent(_ exchange: inout SFTPExchange) -> [UInt8] {
    var types: [UInt8] = []
    while let packet = exchange.nextToSend() { types.append(packet.head[4]) }
    return types
  }

  @Test func `small requests go first, and only so much of the large is under way`() throws {
    var exchange = try openExchange()
    let atOnce = SFTPExchange.window / Self.piece
    for number in 0..<2 * atOnce {
      exchange.ask(.write([1], offset: number * Self.piece, [UInt8](repeating: 0, count: Self.piece)[...]), exchange.nextID(), nil)
    }
    exchange.ask(.status("config"), exchange.nextID(), nil)

    #expect(sent(&exchange) == [17] + [UInt8](repeating: 6, count: atOnce))

    exchange.ask(.remove("lock"), exchange.nextID(), nil)
    #expect(sent(&exchange) == [13], "it does not wait for the writes")
    _ = try exchange.take(SFTPMessage(parsing: [101, 0, 0, 0, 1, 0, 0, 0, 0]))
    #expect(sent(&exchange) == [6], "one is done, one may go")
  }

  @Test func `nothing goes before the greeting is answered`() throws {
    var exchange = SFTPExchange()
    exchange.ask(.status("config"), exchange.nextID(), nil)

    #expect(sent(&exchange) == [1])
    _ = try exchange.take(SFTPMessage(parsing: [2, 0, 0, 0, 3]))
    #expect(sent(&exchange) == [17])
  }

  @Test func `what was opened for nobody is closed`() throws {
    var exchange = try openExchange()
    exchange.ask(.open("part", .creating), 7, nil)
    #expect(sent(&exchange) == [3])

    _ = try exchange.take(SFTPMessage(parsing: [102, 0, 0, 0, 7, 0, 0, 0, 1, 9]))

    let packet = exchange.nextToSend()
    #expect(packet?.head[4] == 4)
    #expect(packet?.head.suffix(5) == [0, 0, 0, 1, 9])
  }

  @Test(arguments: [[101, 0, 0, 0, 9, 0, 0, 0, 0], [2, 0, 0, 0, 3]] as [[UInt8]])
  func `an answer without a question is refused`(_ message: [UInt8]) throws {
    var exchange = try openExchange()
    exchange.ask(.status("not sent yet"), 9, nil)

    #expect(throws: SFTPMalformed.self) { try exchange.take(SFTPMessage(parsing: message[...])) }
  }
}
