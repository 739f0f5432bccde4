/// How a file of a generated folder is put together out of files of the corpus.
struct FileRecipe {
  struct Part {
    let source: CorpusFile
    let range: Range<Int>
    /// 0 for the bytes as they are.
    let copy: Int
    /// Whether zeros fill the block before it: what starts at a block boundary in its own file has to start at one here.
    var startsBlock = false

    init(_ source: CorpusFile, _ range: Range<Int>? = nil, copy: Int = 0, startsBlock: Bool = false) {
      self.source = source
      self.range = range ?? 0..<source.byteCount
      self.copy = copy
      self.startsBlock = startsBlock
    }

    func isEqual(to other: Part) -> Bool { isAlike(other) && range == other.range && source.isEqual(to: other.source) }

    /// Whether this part of a file that grew begins with all of `older`.
    func begins(with older: Part) -> Bool {
      isAlike(older) && range.lowerBound == 0 && older.range == 0..<older.source.byteCount && range.upperBound >= older.range.upperBound
        && source.begins(with: older.source)
    }

    private func isAlike(_ other: Part) -> Bool { copy == other.copy && startsBlock == other.startsBlock }
  }

  static let blockSize = 4096

  var parts: [Part]
  /// CouchDB truncates it and writes it anew, on the way to this state.
  var isReset = false

  func bytes() -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(parts.reduce(0) { $0 + $1.range.count + Self.blockSize })
    for part in parts {
      if part.startsBlock { bytes += [UInt8](repeating: 0, count: -bytes.count & (Self.blockSize - 1)) }
      part.source.append(part.range, ofCopy: part.copy, to: &bytes)
    }
    return bytes
  }

  var byteCount: Int {
    parts.reduce(0) { count, part in count + (part.startsBlock ? -count & (Self.blockSize - 1) : 0) + part.range.count }
  }

  /// What becomes of a file.
  enum Change { case none, grows, isReset, isReplaced }

  func change(from old: Self) -> Change {
    let common = zip(old.parts, parts).prefix { $0.isEqual(to: $1) }.count
    if common == old.parts.count { return parts.count == common ? .none : isReset ? .isReset : .grows }
    if isReset { return .isReset }
    return common == 0 && old.parts.count == 1 && parts.count == 1 && parts[0].begins(with: old.parts[0]) ? .grows : .isReplaced
  }
}
