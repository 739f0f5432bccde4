import Primitives
import Repositories
import ResticFormat
import Stores
import Testing

/// What is on its way to which store, decided without any store.
struct OutboxTests {
  private func pack(_ number: UInt8) -> ObjectName { .pack(ContentID(hashing: [number])) }
  private let index = ObjectName.index(ContentID(hashing: [100]))
  private let snapshot = ObjectName.snapshot(ContentID(hashing: [200]))

  private func next(_ outbox: inout Outbox, _ lane: Int) throws -> Outbox.Job {
    let job = outbox.next(for: lane)
    return try #require(job)
  }

  /// While a pack is on its way nobody knows whether it arrives: an index that was there before it would name what is not there.
  @Test func `an index waits for the packs before it, and for no later one`() throws {
    var outbox = Outbox(lanes: 1, mostHeld: 10, sendersPerLane: 3)
    outbox.add(pack(1), [1], to: [0])
    outbox.add(index, [2], to: [0])
    outbox.add(pack(3), [3], to: [0])
    let first = try next(&outbox, 0)
    let second = try next(&outbox, 0)
    #expect([first.name, second.name] == [pack(1), pack(3)])
    let none = outbox.next(for: 0)
    #expect(none?.name == nil)
    outbox.sent(first, by: 0)
    let third = try next(&outbox, 0)
    #expect(third.name == index)
  }

  @Test func `a snapshot waits for everything before it`() throws {
    var outbox = Outbox(lanes: 1, mostHeld: 10, sendersPerLane: 3)
    outbox.add(index, [1], to: [0])
    outbox.add(snapshot, [2], to: [0])
    let first = try next(&outbox, 0)
    let none = outbox.next(for: 0)
    #expect(first.name == index && none?.name == nil)
    outbox.sent(first, by: 0)
    let last = try next(&outbox, 0)
    #expect(last.name == snapshot)
  }

  /// It would be gone: nobody could read it from anywhere.
  @Test func `what no store has stays in memory, though another store has nothing to do`() throws {
    var outbox = Outbox(lanes: 2, mostHeld: 2, sendersPerLane: 1)
    // The first store has packs of its own; the second is idle.
    outbox.add(pack(1), [1], to: [0])
    outbox.add(pack(2), [2], to: [0])
    let room1 = outbox.hasRoom()
    #expect(!room1)
    let job = try next(&outbox, 0)
    #expect(job.bytes != nil && job.holders.isEmpty)
    outbox.sent(job, by: 0)
    let room2 = outbox.hasRoom()
    #expect(room2)
    let other = try next(&outbox, 0)
    #expect(other.bytes == [2])
  }

  @Test func `what the fast store has is let go for it, the youngest first, and read from there`() throws {
    var outbox = Outbox(lanes: 2, mostHeld: 2, sendersPerLane: 1)
    for number in UInt8(1)...2 {
      outbox.add(pack(number), [number], to: [0, 1])
      let job = try next(&outbox, 0)
      outbox.sent(job, by: 0)
    }
    let room3 = outbox.hasRoom()
    #expect(room3, "the fast store would have to wait for the slow one")
    let first = try next(&outbox, 1)
    #expect(first.name == pack(1) && first.bytes == [1])
    outbox.sent(first, by: 1)
    let second = try next(&outbox, 1)
    #expect(second.name == pack(2) && second.bytes == nil && second.holders == [0])
  }

  @Test func `what is being sent from memory is not let go`() throws {
    var outbox = Outbox(lanes: 2, mostHeld: 1, sendersPerLane: 1)
    outbox.add(pack(1), [1], to: [0, 1])
    let slow = try next(&outbox, 1)
    let fast = try next(&outbox, 0)
    outbox.sent(fast, by: 0)
    let room4 = outbox.hasRoom()
    #expect(!room4)
    outbox.gaveUp(slow, by: 1)
    outbox.drop(1)
    let room5 = outbox.hasRoom()
    #expect(room5, "nobody needs it any more")
  }
}
