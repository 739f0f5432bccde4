import Primitives
package import Stores

/// What is on its way to which store, and in which order. Decides, and does nothing itself.
///
/// Each object is a parcel. A lane is a store's queue of parcels, in the order of their numbers: packs go as they come; an index
/// waits for the packs before it, a snapshot for everything before it.
///
/// Parcels are shared: one copy in memory for all lanes. Memory is full with `mostHeld` of them. When it is full and one lane has nothing to
/// do, the others are too slow for it: then a parcel that some store already has is let go, and the slow ones read it from there. When
/// no lane is idle all are slow, and who brings more waits.
package struct Outbox: Sendable {
  package typealias Number = Int

  struct Parcel: Sendable {
    let name: ObjectName
    let byteCount: Int
    /// `nil`: to be read from a store that has it.
    var bytes: [UInt8]?
    /// Lanes that have it.
    var holders: Set<Int>
    /// Lanes that still need it, those sending it now included.
    var needed: Set<Int>
    /// Lanes sending it now, from memory.
    var sending: Set<Int> = []
  }

  struct Lane: Sendable {
    var waiting: [Number] = []
    var sending: Set<Number> = []
    var isLiving = true
    /// Bytes given to this lane, and those that are durable.
    var bytesQueued = 0
    var bytesDone = 0

    var hasEverything: Bool { waiting.isEmpty && sending.isEmpty }
  }

  /// What a sender has to do next.
  package struct Job: Sendable {
    package let number: Number
    package let name: ObjectName
    package let byteCount: Int
    package let bytes: [UInt8]?
    /// Stores to read it from, if it is not in memory.
    package let holders: Set<Int>
  }

  private(set) var lanes: [Lane]
  private(set) var mostSeen = 0
  /// No more parcels will come: lanes that have everything are done.
  var isClosed = false
  private let mostHeld: Int
  private let sendersPerLane: Int
  private var parcels: [Number: Parcel] = [:]
  private var held = 0
  private var nextNumber = 0

  package init(lanes count: Int, mostHeld: Int, sendersPerLane: Int) {
    lanes = Array(repeating: Lane(), count: count)
    self.mostHeld = mostHeld
    self.sendersPerLane = sendersPerLane
  }

  var living: [Int] { lanes.indices.filter { lanes[$0].isLiving } }

  // MARK: Parcels come

  /// Room for one more parcel in memory.
  ///
  /// - Returns: `false` if it has to be waited for.
  package mutating func hasRoom() -> Bool {
    while held >= mostHeld, letGo() {}
    return held < mostHeld
  }

  /// An object for every living lane, or for some.
  package mutating func add(_ name: ObjectName, _ bytes: [UInt8], to lanes: some Sequence<Int>) {
    held += 1
    mostSeen = max(mostSeen, held)
    add(Parcel(name: name, byteCount: bytes.count, bytes: bytes, holders: [], needed: Set(lanes)))
  }

  /// An object that the stores of some lanes have; it is read from there when its turn comes.
  package mutating func add(_ object: StoredObject, heldBy holders: Set<Int>, to lanes: some Sequence<Int>) {
    add(Parcel(name: object.name, byteCount: object.byteCount, bytes: nil, holders: holders, needed: Set(lanes)))
  }

  private mutating func add(_ parcel: Parcel) {
    var parcel = parcel
    parcel.needed.formIntersection(living)
    let number = nextNumber
    nextNumber += 1
    parcels[number] = parcel
    for lane in parcel.needed {
      lanes[lane].waiting.append(number)
      lanes[lane].bytesQueued += parcel.byteCount
    }
    finishIfDone(number)
  }

  // MARK: Parcels go

  /// - Returns: `nil` if nothing can be sent now.
  package mutating func next(for lane: Int) -> Job? {
    guard lanes[lane].isLiving else { return nil }
    for (position, number) in lanes[lane].waiting.enumerated() {
      guard let parcel = parcels[number], isDue(number, parcel.name.kind, at: position, in: lanes[lane]) else { continue }
      lanes[lane].waiting.remove(at: position)
      lanes[lane].sending.insert(number)
      if parcel.bytes == nil { held += 1 } else { parcels[number]?.sending.insert(lane) }
      return Job(number: number, name: parcel.name, byteCount: parcel.byteCount, bytes: parcel.bytes, holders: parcel.holders)
    }
    return nil
  }

  private func isDue(_ number: Number, _ kind: ObjectName.Kind, at position: Int, in lane: Lane) -> Bool {
    switch kind {
    case .index: !lane.sending.contains { $0 < number && parcels[$0]?.name.kind == .pack }
    case .snapshot: position == 0 && !lane.sending.contains { $0 < number }
    default: true
    }
  }

  package mutating func sent(_ job: Job, by lane: Int) {
    leave(job, lane)
    guard lanes[lane].isLiving else { return }
    lanes[lane].bytesDone += job.byteCount
    parcels[job.number]?.holders.insert(lane)
    parcels[job.number]?.needed.remove(lane)
    finishIfDone(job.number)
  }

  /// A sender that ends without having sent its job.
  package mutating func gaveUp(_ job: Job, by lane: Int) { leave(job, lane) }

  /// Nothing more goes to this lane. What its store has can still be read by others.
  package mutating func drop(_ lane: Int) {
    guard lanes[lane].isLiving else { return }
    lanes[lane].isLiving = false
    lanes[lane].waiting = []
    for number in parcels.keys.sorted() where parcels[number]?.needed.remove(lane) != nil { finishIfDone(number) }
  }

  private mutating func leave(_ job: Job, _ lane: Int) {
    lanes[lane].sending.remove(job.number)
    if job.bytes == nil { held -= 1 } else { parcels[job.number]?.sending.remove(lane) }
  }

  private mutating func finishIfDone(_ number: Number) {
    guard let parcel = parcels[number], parcel.needed.isEmpty else { return }
    if parcel.bytes != nil { held -= 1 }
    parcels[number] = nil
  }

  /// Frees the memory of one parcel if a lane has nothing to do.
  ///
  /// What most stores have goes first: when a store fails, the others shall not lack what only that one had. Of those the youngest, which
  /// the slow ones need last.
  ///
  /// - Returns: `false` if there is none.
  private mutating func letGo() -> Bool {
    let isOneIdle = living.contains { lanes[$0].waiting.isEmpty && lanes[$0].sending.count < sendersPerLane }
    guard isOneIdle else { return false }
    let free = parcels.filter { $0.value.bytes != nil && !$0.value.holders.isEmpty && $0.value.sending.isEmpty }
    guard let (number, _) = free.max(by: { ($0.value.holders.count, $0.key) < ($1.value.holders.count, $1.key) }) else { return false }
    parcels[number]?.bytes = nil
    held -= 1
    return true
  }
}
