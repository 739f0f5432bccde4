import Primitives
import ResticFormat

/// A hash table from blob to place: open addressing over flat rows, because a dictionary of millions of structs costs twice.
struct BlobTable {
  struct Row {
    fileprivate let id: ContentID
    let pack: UInt32
    private let offset: UInt32
    private let length: UInt32
    /// Plaintext size shifted left by one, the kind in the lowest bit; sizes are bounded far below 2 GiB.
    private let plaintextAndKind: UInt32

    fileprivate init(_ blob: PackedBlob, pack: UInt32) {
      id = blob.handle.id
      self.pack = pack
      offset = UInt32(blob.offset)
      length = UInt32(blob.length)
      plaintextAndKind = UInt32(truncatingIfNeeded: blob.uncompressedLength ?? 0) << 1 | UInt32(blob.handle.kind.rawValue)
    }

    fileprivate var kind: BlobKind { plaintextAndKind & 1 == 0 ? .data : .tree }

    var handle: BlobHandle { BlobHandle(id, kind) }

    func blob(_ handle: BlobHandle) -> PackedBlob {
      let plain = Int(plaintextAndKind >> 1)
      return PackedBlob(handle: handle, offset: Int(offset), length: Int(length), uncompressedLength: plain == 0 ? nil : plain)
    }
  }

  private var rows: [Row] = []
  /// Row number + 1 by hash; 0 is free. Its size is a power of two, at most three quarters full.
  private var slots: [UInt32] = Array(repeating: 0, count: 16)

  var count: Int { rows.count }

  subscript(handle: BlobHandle) -> Row? { number(of: handle).map { rows[$0] } }

  subscript(number: Int) -> Row { rows[number] }

  /// Blobs are numbered from 0 in the order they came.
  func number(of handle: BlobHandle) -> Int? {
    let slot = slots[slot(of: handle)]
    return slot == 0 ? nil : Int(slot) - 1
  }

  /// Does nothing if the blob is there.
  mutating func insert(_ blob: PackedBlob, pack: UInt32) {
    if (rows.count + 1) * 4 > slots.count * 3 { grow() }
    let slot = slot(of: blob.handle)
    guard slots[slot] == 0 else { return }
    rows.append(Row(blob, pack: pack))
    slots[slot] = UInt32(rows.count)
  }

  /// Where the blob is, or where it would go.
  private func slot(of handle: BlobHandle) -> Int {
    var slot = (handle.id.hashValue &+ Int(handle.kind.rawValue)) & (slots.count - 1)
    while slots[slot] != 0 {
      let row = rows[Int(slots[slot]) - 1]
      if row.id == handle.id, row.kind == handle.kind { break }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for (number, row) in rows.enumerated() { slots[slot(of: BlobHandle(row.id, row.kind))] = UInt32(number + 1) }
  }
}
