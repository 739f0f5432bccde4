import Primitives
import ResticFormat
import Stores

/// All that the index files of a copy say, as deciding on packs needs it: every place of every blob, and which file names which packs.
///
/// A blob costs about as much as in `RepositoryIndex`; only those with a second place cost more.
struct PruneIndex: Sendable {
  struct Pack: Sendable {
    let id: ContentID
    let blobCount: Int
    /// Sealed blobs, without the header.
    let blobBytes: Int
    /// With the header, as the pack has to be.
    let byteCount: Int
    /// `nil` if it holds both.
    let kind: BlobKind?
    /// As the store lists it; `nil` if it is missing.
    fileprivate(set) var storedBytes: Int?

    /// Whether it is there, as large as it has to be.
    var isPresent: Bool { storedBytes == byteCount }
  }

  struct File: Sendable {
    let name: ObjectName
    let packs: [Int]
    let blobCount: Int
  }

  struct Place: Sendable {
    let pack: Int
    let blob: PackedBlob
  }

  private(set) var packs: [Pack] = []
  private(set) var files: [File] = []
  /// Packs that no index names: left by a run that was cut short.
  private(set) var unindexed: [StoredObject] = []
  private var table = BlobTable()
  /// Places beside the first, by the blob's number.
  private(set) var otherPlaces: [Int: [Place]] = [:]

  var blobCount: Int { table.count }

  func number(of handle: BlobHandle) -> Int? { table.number(of: handle) }

  func handle(of number: Int) -> BlobHandle { table[number].handle }

  func firstPlace(of number: Int) -> Place {
    let row = table[number]
    return Place(pack: Int(row.pack), blob: row.blob(row.handle))
  }

  func places(of number: Int) -> [Place] { [firstPlace(of: number)] + (otherPlaces[number] ?? []) }

  /// A place in a pack that is there.
  func presentPlace(of number: Int) -> Place? { places(of: number).first { packs[$0.pack].isPresent } }
}

// MARK: Loading

extension PruneIndex {
  /// Index files fetched at once.
  private static let window = 4

  /// Numbers are the same for the same index files.
  ///
  /// - Throws: `damaged` also if two index files disagree about a pack: nothing may be decided on either.
  init(of repository: Repository, progress: (_ done: Int, _ total: Int) -> Void) async throws {
    let names = try await repository.store.names(of: .index).map(\.name).sorted { $0.path < $1.path }
    var numbers: [ContentID: Int] = [:]
    for start in stride(from: 0, to: names.count, by: Self.window) {
      let part = Array(names[start..<min(start + Self.window, names.count)])
      for decoded in try await Self.decode(part, of: repository) { try add(decoded, to: &numbers, of: repository) }
      progress(start + part.count, names.count)
    }
    try await addListing(of: repository, numbers)
  }

  private struct Decoded: Sendable {
    let position: Int
    let name: ObjectName
    let packs: [IndexedPack]
  }

  private static func decode(_ names: [ObjectName], of repository: Repository) async throws -> [Decoded] {
    try await withThrowingTaskGroup(of: Decoded.self) { group in
      for (position, name) in names.enumerated() {
        group.addTask { Decoded(position: position, name: name, packs: try await repository.packs(ofIndex: name)) }
      }
      return try await group.reduce(into: [Decoded]()) { $0.append($1) }.sorted { $0.position < $1.position }
    }
  }

  private mutating func add(_ file: Decoded, to numbers: inout [ContentID: Int], of repository: Repository) throws {
    var named: [Int] = []
    for indexed in file.packs {
      let pack = Pack(indexed)
      if let number = numbers[pack.id] {
        guard packs[number].blobCount == pack.blobCount, packs[number].blobBytes == pack.blobBytes else {
          throw RepositoryError(
            .damaged, "two index files of repository '\(repository.address)' disagree about \(ObjectName.pack(pack.id))",
            hints: [PrunePlan.repairHint])
        }
        named.append(number)
        continue
      }
      let number = packs.count
      numbers[pack.id] = number
      packs.append(pack)
      named.append(number)
      for blob in indexed.blobs { add(blob, in: number) }
    }
    files.append(File(name: file.name, packs: named, blobCount: file.packs.reduce(0) { $0 + $1.blobs.count }))
  }

  private mutating func add(_ blob: PackedBlob, in pack: Int) {
    if let known = table.number(of: blob.handle) {
      otherPlaces[known, default: []].append(Place(pack: pack, blob: blob))
    } else {
      table.insert(blob, pack: UInt32(pack))
    }
  }

  private mutating func addListing(of repository: Repository, _ numbers: [ContentID: Int]) async throws {
    for object in try await repository.store.names(of: .pack) {
      guard let id = object.name.id else { continue }
      if let number = numbers[id] {
        packs[number].storedBytes = object.byteCount
      } else {
        unindexed.append(object)
      }
    }
    unindexed.sort { $0.name.path < $1.name.path }
  }
}

extension PruneIndex.Pack {
  fileprivate init(_ indexed: IndexedPack) {
    id = indexed.id
    blobCount = indexed.blobs.count
    blobBytes = indexed.blobs.reduce(0) { $0 + $1.length }
    byteCount = blobBytes + PackHeader.byteCount(of: indexed.blobs)
    let kinds = Set(indexed.blobs.map(\.handle.kind))
    kind = kinds.count == 1 ? kinds.first : nil
  }
}

extension Repository {
  /// What one index file says.
  func packs(ofIndex name: ObjectName) async throws -> [IndexedPack] {
    let json = try await json(of: name)
    return try damaged(name) { () throws(FormatError) in try IndexFile.decode(json) }
  }
}
