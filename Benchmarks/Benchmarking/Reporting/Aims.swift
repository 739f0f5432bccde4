/// What akiba wants to reach, and whether it does. It is said, never enforced: another machine gives other figures.
package struct Aims {
  package struct Line: Codable, Sendable {
    package let aim: String
    package let shape: Shape
    package let value: String
    /// `nil` where nothing was measured, or nothing was promised.
    package let isReached: Bool?
  }

  /// Bytes of a file's end that may be read to find its newest header.
  private static let tail = 64 << 10

  private let results: Results

  package init(_ results: Results) { self.results = results }

  package var lines: [Line] {
    [Shape.many, .large].flatMap { shape in
      [
        ratio("first backup, wall of restic's", shape, .first, atMost: 0.67, \.wallSeconds),
        ratio("first backup, stored of restic's", shape, .first, atMost: 1.02) { Double($0.storedBytes) },
        peak(shape),
        dayRead(shape),
        ratio("append-only day, wall of restic's", shape, .day, atMost: 0.1, \.wallSeconds),
        ratio("append-only day, stored of restic's", shape, .day, atMost: 0.4) { Double($0.storedBytes) },
        delta(shape),
        ratio("restore, wall of restic's", shape, .restore, atMost: 0.67, \.wallSeconds),
      ]
    } + proof + [
      ratio("unchanged, 50,000 files, wall of restic's", .users, .unchanged, atMost: 0.2, \.wallSeconds),
      freeze,
    ]
  }

  package var text: String {
    var table = MarkdownTable(["aim", "shape", "measured", "reached"])
    for line in lines { table.add([line.aim, line.shape.rawValue, line.value, line.isReached.map { $0 ? "yes" : "no" } ?? "–"]) }
    return "## Against the aims\n\n" + table.text
  }

  private func ratio(_ aim: String, _ shape: Shape, _ step: Step, atMost limit: Double, _ value: (Run) -> Double) -> Line {
    let ratio = results.ratio(shape, step, to: .restic, value)
    return line("\(aim) ≤ \(Wording.number(limit))", shape, ratio, Wording.number) { $0 <= limit }
  }

  private func peak(_ shape: Shape) -> Line {
    let size = results.changes(shape, .loaded).map { Wording.number(Double($0.bytes) / 1e9) } ?? "?"
    return line("first backup of 5 GB, peak ≤ 200 MB", shape, results.median(shape, .first, .akiba) { Double($0.peakBytes) / 1e6 }) {
      "\(Wording.number($0)) MB for \(size) GB"
    } isReached: {
      $0 <= 200
    }
  }

  private func dayRead(_ shape: Shape) -> Line {
    let changes = results.changes(shape, .appended) ?? FolderChanges()
    let limit = changes.bytesAppended + Self.tail * (changes.grown + changes.created + changes.replaced)
    let read =
      results.calls(shape, .day, .akiba).map { Double($0.bytesRead) } ?? results.median(shape, .day, .akiba) { $0.facts["bytes_read"] ?? 0 }
    return line("append-only day, source read ≤ appended + 64 KiB for each changed file", shape, read) {
      "\(Wording.number($0 / 1e6)) of \(Wording.megabytes(limit)) MB (\(Wording.megabytes(changes.bytesAppended)) MB appended to \(changes.grown) files)"
    } isReached: {
      $0 <= Double(limit)
    }
  }

  private func delta(_ shape: Shape) -> Line {
    let appended = results.changes(shape, .appended)?.bytesAppended ?? 0
    let calls = results.calls(shape, .delta, .akiba)
    let fetched = results.median(shape, .delta, .akiba) { $0.facts["bytes_fetched"] ?? 0 }
    return line("delta restore fetches and writes only what differs, about", shape, fetched) { fetched in
      let traced = calls.map {
        "; \(Wording.megabytes($0.bytesRead)) MB read of the repository, \(Wording.megabytes($0.bytesWritten)) MB written"
      }
      return "\(Wording.number(fetched / 1e6)) MB fetched for \(Wording.megabytes(appended)) MB that differ\(traced ?? "")"
    } isReached: {
      // What is stored beside CouchDB's files differs, too, and pieces are whole.
      $0 <= 1.25 * Double(appended) + 1e6
    }
  }

  private var proof: [Line] {
    let shape = Shape.many
    let perCore = results.median(shape, .proof, .akiba) { ($0.facts["bytes"] ?? 0) / max($0.processorSeconds, 0.001) / 1e6 }
    let spread = results.median(shape, .proof, .akiba) { $0.processorSeconds / max($0.wallSeconds, 0.001) }
    return [
      line("proof ≥ 250 MB/s a core", shape, perCore) {
        "\(Wording.number($0)) MB/s"
      } isReached: {
        $0 >= 250
      },
      line("proof on both cores: CPU ≥ 1.6 of wall", shape, spread, Wording.number) { $0 >= 1.6 },
    ]
  }

  private var freeze: Line {
    let widths = [Step.first, .unchanged].compactMap { step in
      results.median(.users, step, .akiba) { $0.facts["freeze_seconds"] ?? 0 }
    }
    let files = results.changes(.users, .loaded)?.files ?? 0
    return line("freeze of 50,000 files ≤ 2 s", .users, widths.max()) {
      "\(Wording.number($0)) s for \(files) files"
    } isReached: {
      $0 <= 2
    }
  }

  private func line(
    _ aim: String, _ shape: Shape, _ value: Double?, _ text: (Double) -> String, isReached: (Double) -> Bool
  ) -> Line {
    Line(aim: aim, shape: shape, value: value.map(text) ?? "not measured", isReached: value.map(isReached))
  }
}
