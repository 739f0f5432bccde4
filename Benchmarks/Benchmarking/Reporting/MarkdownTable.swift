/// A table as Markdown has it, its columns aligned so that it reads well as it is.
struct MarkdownTable {
  private var rows: [[String]]
  private let columns: Int

  init(_ header: [String]) {
    rows = [header]
    columns = header.count
  }

  mutating func add(_ row: [String]) { rows.append(row) }

  var text: String {
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in "| " + zip(row, widths).map(Self.padded).joined(separator: " | ") + " |" }
    lines.insert("|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|", at: 1)
    return lines.joined(separator: "\n")
  }

  private static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: width - text.count) }
}
