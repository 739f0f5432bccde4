import Primitives
import ResticFormat
import Stores

extension Prune {
  /// Reads indexes, snapshots and folders, and decides. Changes nothing.
  ///
  /// - Throws: `damaged` if a snapshot or an index cannot be read, or what a kept snapshot needs is missing.
  package func plan() async throws -> PrunePlan {
    let list = try await repository.snapshots()
    if let damage = list.damaged.first {
      throw PrunePlan.damage("\(damage.error.summary); what it needs cannot be known", in: repository)
    }
    let kept = list.snapshots.filter { !removing.contains($0.id) }
    let index = try await PruneIndex(of: repository) { progress(PruneProgress(step: .indexes, done: $0, total: $1)) }
    let used = try await UsedBlobs(of: kept, in: repository, index) { progress(PruneProgress(step: .snapshots, done: $0, total: $1)) }
    let homes = BlobHomes(index, used.flags)
    let choice = PackChoice(index, homes, limits)
    return PrunePlan(
      removed: list.snapshots.filter { removing.contains($0.id) }, kept: kept.count, index, used: used.flags, homes, choice, limits)
  }
}

/// In which of its packs each needed blob is at home. Any other place is waste.
///
/// A blob has several places after a prune or a copy that was cut short. It stays where least is wasted: then the new packs of the one are
/// complete, and its old ones can go.
struct BlobHomes {
  /// By the blob's number, where it is not its first place.
  private(set) var others: [Int: PruneIndex.Place] = [:]
  /// Bytes of blobs that are at home, by the pack's number.
  private(set) var usedBytes: [Int]
  private(set) var usedBlobs: [Int]

  init(_ index: PruneIndex, _ used: [Bool]) {
    var needed = [Int](repeating: 0, count: index.packs.count)
    for number in used.indices where used[number] {
      let first = index.firstPlace(of: number)
      needed[first.pack] += first.blob.length
      for place in index.otherPlaces[number] ?? [] { needed[place.pack] += place.blob.length }
    }
    func isBetter(_ left: PruneIndex.Place, _ right: PruneIndex.Place) -> Bool {
      let packs = (index.packs[left.pack], index.packs[right.pack])
      guard packs.0.isPresent == packs.1.isPresent else { return packs.0.isPresent }
      let waste = (packs.0.blobBytes - needed[left.pack], packs.1.blobBytes - needed[right.pack])
      return (waste.0, -packs.0.blobBytes, packs.0.id) < (waste.1, -packs.1.blobBytes, packs.1.id)
    }
    for number in index.otherPlaces.keys.sorted() where used[number] {
      let places = index.places(of: number)
      if let best = places.dropFirst().min(by: isBetter), isBetter(best, places[0]) { others[number] = best }
    }
    usedBytes = Array(repeating: 0, count: index.packs.count)
    usedBlobs = usedBytes
    for number in used.indices where used[number] {
      let home = home(of: number, index)
      usedBytes[home.pack] += home.blob.length
      usedBlobs[home.pack] += 1
    }
  }

  func home(of number: Int, _ index: PruneIndex) -> PruneIndex.Place { others[number] ?? index.firstPlace(of: number) }
}

/// Which packs go, and which are written anew.
struct PackChoice {
  /// By the pack's number.
  private(set) var isUnused: [Bool]
  private(set) var isRewritten: [Bool]
  private var moved = 0

  init(_ index: PruneIndex, _ homes: BlobHomes, _ limits: PruneLimits) {
    isUnused = homes.usedBlobs.map { $0 == 0 }
    isRewritten = Array(repeating: false, count: index.packs.count)
    let kept = index.packs.indices.filter { homes.usedBlobs[$0] > 0 }
    func waste(_ pack: Int) -> Int { index.packs[pack].blobBytes - homes.usedBytes[pack] }

    // Most waste for what is moved first. Before all, whatever waste may stay: packs of both kinds, as restic wants them apart, and packs of
    // folders, which are small and read at every start.
    func isDue(_ pack: Int) -> Bool { index.packs[pack].kind != .data }
    let candidates = kept.filter { waste($0) > 0 || index.packs[$0].kind == nil }
    let ordered = candidates.sorted { left, right in
      let packs = (index.packs[left], index.packs[right])
      if isDue(left) != isDue(right) { return isDue(left) }
      let shares = (Double(waste(left)) / Double(homes.usedBytes[left]), Double(waste(right)) / Double(homes.usedBytes[right]))
      return shares.0 == shares.1 ? packs.0.id < packs.1.id : shares.0 > shares.1
    }
    var unused = kept.reduce(0) { $0 + waste($1) }
    let allowed = limits.maxUnused.bytes(besides: homes.usedBytes.reduce(0, +))
    for pack in ordered where unused > allowed || isDue(pack) {
      if rewrite(pack, homes, limits) { unused -= waste(pack) }
    }
    for kind in BlobKind.allCases {
      let small = kept.filter { index.packs[$0].kind == kind && index.packs[$0].blobBytes < limits.packSize / 4 }
      let staying = small.filter { !isRewritten[$0] }
      guard staying.count > limits.smallPacks else { continue }
      for pack in staying.sorted(by: { index.packs[$0].id < index.packs[$1].id }) { _ = rewrite(pack, homes, limits) }
    }
  }

  private mutating func rewrite(_ pack: Int, _ homes: BlobHomes, _ limits: PruneLimits) -> Bool {
    guard moved + homes.usedBytes[pack] <= limits.maxRewritten ?? .max else { return false }
    moved += homes.usedBytes[pack]
    isRewritten[pack] = true
    return true
  }
}

extension PrunePlan {
  fileprivate init(
    removed: [StoredSnapshot], kept: Int, _ index: PruneIndex, used: [Bool], _ homes: BlobHomes, _ choice: PackChoice, _ limits: PruneLimits
  ) {
    let numbers = index.packs.indices
    removedSnapshots = removed
    keptSnapshots = kept
    self.index = index
    let isLeaving = numbers.map { choice.isUnused[$0] || choice.isRewritten[$0] }
    self.isLeaving = isLeaving
    let leaving = numbers.filter { isLeaving[$0] && index.packs[$0].storedBytes != nil }
    leavingPacks =
      leaving.map { StoredObject(name: .pack(index.packs[$0].id), byteCount: index.packs[$0].storedBytes ?? 0) } + index.unindexed
    unusedPacks = leaving.count { choice.isUnused[$0] }
    rewrittenPacks = leaving.count { choice.isRewritten[$0] }
    unindexedPacks = index.unindexed.count
    packsBefore = index.packs.count { $0.storedBytes != nil } + index.unindexed.count
    bytesBefore = index.packs.reduce(0) { $0 + ($1.storedBytes ?? 0) } + index.unindexed.reduce(0) { $0 + $1.byteCount }
    moves = Self.moves(index, used, homes, choice)
    bytesMoved = moves.reduce(0) { $0 + $1.blob.length }
    bytesFreed = leavingPacks.reduce(0) { $0 + $1.byteCount } - Self.packBytes(of: moves, limits)
    bytesUnused = numbers.reduce(0) { $0 + (isLeaving[$1] ? 0 : index.packs[$1].blobBytes - homes.usedBytes[$1]) }
    (keptFiles, replacedFiles) = Self.chooseFiles(index, isLeaving: isLeaving, limits)
  }

  /// By pack and place in it: read in one go each, and neighbours stay neighbours.
  private static func moves(_ index: PruneIndex, _ used: [Bool], _ homes: BlobHomes, _ choice: PackChoice) -> [RepositoryIndex.Location] {
    var moves: [RepositoryIndex.Location] = []
    for number in used.indices where used[number] {
      let home = homes.home(of: number, index)
      if choice.isRewritten[home.pack] { moves.append(.init(pack: index.packs[home.pack].id, blob: home.blob)) }
    }
    return moves.sorted { ($0.pack, $0.blob.offset) < ($1.pack, $1.blob.offset) }
  }

  /// Whole packs, headers and all, as `PackMoving` will make them.
  private static func packBytes(of moves: [RepositoryIndex.Location], _ limits: PruneLimits) -> Int {
    BlobKind.allCases.reduce(0) { total, kind in
      var open = (bytes: 0, blobs: 0)
      var packs = 0
      var bytes = 0
      for move in moves where move.blob.handle.kind == kind {
        open = (open.bytes + move.blob.length, open.blobs + 1)
        bytes += move.blob.length + PackHeader.byteCount(of: [move.blob]) - PackHeader.byteCount(of: [])
        guard open.bytes >= limits.packSize || open.blobs >= limits.blobsPerPack else { continue }
        packs += 1
        open = (0, 0)
      }
      return total + bytes + (packs + (open.blobs > 0 ? 1 : 0)) * PackHeader.byteCount(of: [])
    }
  }

  /// Files stay that name no pack that goes and none that another one names; unless there are many small ones.
  private static func chooseFiles(
    _ index: PruneIndex, isLeaving: [Bool], _ limits: PruneLimits
  ) -> (kept: [PruneIndex.File], replaced: [PruneIndex.File]) {
    var named = [Bool](repeating: false, count: index.packs.count)
    var kept: [PruneIndex.File] = []
    var replaced: [PruneIndex.File] = []
    for file in index.files.sorted(by: { ($1.blobCount, $0.name.path) < ($0.blobCount, $1.name.path) }) {
      if !file.packs.isEmpty, file.packs.allSatisfy({ !isLeaving[$0] && !named[$0] }) {
        kept.append(file)
        for pack in file.packs { named[pack] = true }
      } else {
        replaced.append(file)
      }
    }
    let small = kept.filter { $0.blobCount < limits.blobsPerIndex / 2 }
    if small.count > limits.smallIndexes {
      kept.removeAll { $0.blobCount < limits.blobsPerIndex / 2 }
      replaced += small
    }
    return (kept, replaced.sorted { $0.name.path < $1.name.path })
  }
}
