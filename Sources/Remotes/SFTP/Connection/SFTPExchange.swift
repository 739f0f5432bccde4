import Stores

/// Which requests wait, which are under way, and who waits for their answers. A pure machine: `SFTPWire` moves the bytes.
///
/// Requests that move objects have a lane of their own, of which only so many bytes are under way at a time: small ones never wait behind
/// all of them. Nothing but the greeting goes before the server has said what it can do.
package struct SFTPExchange {
  package typealias Waiter = CheckedContinuation<SFTPResponse, any Error>

  package struct Packet {
    package var head: [UInt8]
    package var payload: ArraySlice<UInt8> = []
  }

  /// Who is to be woken, and with what. To be done without a lock held.
  package struct Delivery {
    let waiter: Waiter
    let result: Result<SFTPResponse, any Error>
  }

  private enum Phase {
    case greeting, asking, open
    case ended(StoreError)
  }

  private struct Pending {
    /// `nil`: nobody waits (any more).
    var waiter: Waiter?
    let request: SFTPRequest
    var isSent = false
  }

  /// In bytes: twice what OpenSSH lets be under way unread.
  package static let window = 4 << 20
  private static let limitsID: UInt32 = 0
  private static let opened = SFTPResponse.status(.ok, message: "")

  private var phase = Phase.greeting
  private(set) var features = SFTPFeatures(extensions: [:])
  private var first: Packet? = Packet(head: SFTPRequest.greeting)
  private var small = Lane()
  private var large = Lane()
  private var pending: [UInt32: Pending] = [:]
  /// Who waits for the server to be ready, by id.
  private var early: [UInt32: Waiter] = [:]
  private var lastID = Self.limitsID
  private var bytesUnderWay = 0
  private var requestsUnderWay = 0

  package init() {}

  var isOpen: Bool { if case .open = phase { true } else { false } }
  /// Whether the server owes anything.
  var isOwed: Bool { requestsUnderWay > 0 || !isOpen }
  var end: StoreError? { if case .ended(let error) = phase { error } else { nil } }

  package mutating func nextID() -> UInt32 {
    repeat { lastID &+= 1 } while lastID == Self.limitsID || pending[lastID] != nil
    return lastID
  }

  /// - Parameter waiter: `nil` if the answer does not matter.
  package mutating func ask(_ request: SFTPRequest, _ id: UInt32, _ waiter: Waiter?) {
    pending[id] = Pending(waiter: waiter, request: request)
    if request.weight > 0 { large.append(id) } else { small.append(id) }
  }

  /// Wakes `waiter` when the server is ready, unless it is already.
  mutating func awaitOpening(_ id: UInt32, _ waiter: Waiter) -> SFTPResponse? {
    if !isOpen { early[id] = waiter }
    return isOpen ? Self.opened : nil
  }

  /// The answer does not matter any more; what was not sent yet never goes.
  mutating func abandon(_ id: UInt32) -> Waiter? {
    if let waiter = early.removeValue(forKey: id) { return waiter }
    guard let entry = pending[id], let waiter = entry.waiter else { return nil }
    if entry.isSent { pending[id]?.waiter = nil } else { pending[id] = nil }
    return waiter
  }

  package mutating func nextToSend() -> Packet? {
    if let packet = first {
      first = nil
      return packet
    }
    guard isOpen else { return nil }
    return next(of: \.small) ?? (bytesUnderWay < Self.window ? next(of: \.large) : nil)
  }

  private mutating func next(of lane: WritableKeyPath<Self, Lane>) -> Packet? {
    while let id = self[keyPath: lane].popFirst() {
      guard let request = pending[id]?.request else { continue }
      pending[id]?.isSent = true
      bytesUnderWay += request.weight
      requestsUnderWay += 1
      let (head, payload) = request.encoded(id: id)
      return Packet(head: head, payload: payload)
    }
    return nil
  }

  package mutating func take(_ message: SFTPMessage) throws(SFTPMalformed) -> [Delivery] {
    switch (phase, message.id, message.response) {
    case (.greeting, nil, .version(3..., let extensions)):
      features = SFTPFeatures(extensions: extensions)
      guard features.tellsLimits else { return open() }
      phase = .asking
      first = Packet(head: SFTPRequest.limits.encoded(id: Self.limitsID).head)
      return []
    case (.asking, Self.limitsID, let response):
      if case .extended(let limits) = response { try features.take(limits: limits) }
      return open()
    case (.open, let id?, let response):
      return try answer(id, response)
    default:
      throw SFTPMalformed(reason: "an answer comes before its question", offset: 0)
    }
  }

  private mutating func open() -> [Delivery] {
    phase = .open
    defer { early = [:] }
    return early.values.map { Delivery(waiter: $0, result: .success(Self.opened)) }
  }

  private mutating func answer(_ id: UInt32, _ response: SFTPResponse) throws(SFTPMalformed) -> [Delivery] {
    guard let entry = pending[id], entry.isSent else { throw SFTPMalformed(reason: "an answer has no question", offset: 0) }
    pending[id] = nil
    bytesUnderWay -= entry.request.weight
    requestsUnderWay -= 1
    guard let waiter = entry.waiter else {
      if case .handle(let handle) = response { ask(.close(handle), nextID(), nil) }
      return []
    }
    return [Delivery(waiter: waiter, result: .success(response))]
  }

  /// Nothing goes or comes any more.
  mutating func end(_ error: StoreError) -> [Delivery] {
    phase = .ended(error)
    defer { (pending, early) = ([:], [:]) }
    return (pending.values.compactMap(\.waiter) + early.values).map { Delivery(waiter: $0, result: .failure(error)) }
  }
}

/// Ids in the order they came.
private struct Lane {
  private var ids: [UInt32] = []
  private var next = 0

  mutating func append(_ id: UInt32) { ids.append(id) }

  mutating func popFirst() -> UInt32? {
    guard next < ids.count else { return nil }
    defer {
      next += 1
      if next > 64, next > ids.count / 2 {
        ids.removeFirst(next)
        next = 0
      }
    }
    return ids[next]
  }
}
