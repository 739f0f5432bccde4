/// A text for people in blocks, rendered as Markdown and as HTML.
struct Page {
  enum Block {
    case heading(Int, String)
    /// `code` stands between backquotes, in lists too.
    case text(String)
    case list([String])
    /// Commands that are executed as they are.
    case shell(String)
    /// Exactly these lines, to be typed.
    case lines(String)
    /// A head, and rows of as many cells.
    case table([String], [[String]])
  }

  let title: String
  let blocks: [Block]
}

extension Page {
  func markdown() -> String { (["# \(title)"] + blocks.map(Self.markdown)).joined(separator: "\n\n") + "\n" }

  private static func markdown(_ block: Block) -> String {
    switch block {
    case .heading(let level, let text): String(repeating: "#", count: level) + " " + text
    case .text(let text): text
    case .list(let items): items.map { "- \($0)" }.joined(separator: "\n")
    case .shell(let text): fenced(text, "shell")
    case .lines(let text): fenced(text, "text")
    case .table(let head, let rows): table(head, rows)
    }
  }

  /// Padded, so that it reads well as it is.
  private static func table(_ head: [String], _ rows: [[String]]) -> String {
    let cells = ([head] + rows).map { $0.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") } }
    let widths = head.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    func line(_ row: [String]) -> String { "| " + zip(row, widths).map { $0.padded(to: $1) }.joined(separator: " | ") + " |" }
    let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
    return ([line(cells[0]), rule] + cells.dropFirst().map(line)).joined(separator: "\n")
  }

  /// A fence longer than any that the text has.
  private static func fenced(_ text: String, _ language: String) -> String {
    var fence = "```"
    while text.contains(fence) { fence += "`" }
    return "\(fence)\(language)\n\(text)\n\(fence)"
  }
}

extension Page {
  /// One file: no script, nothing fetched, black on white.
  func html() -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <meta name="robots" content="noindex">
    <title>\(Self.escaped(title))</title>
    <style>
    body { color: #000; background: #fff; font: 11pt/1.4 serif; max-width: 46em; margin: 2em auto; padding: 0 1em }
    h1, h2, h3, h4 { font-family: sans-serif; break-after: avoid }
    h2 { border-bottom: 1px solid #000 }
    pre { font: 10pt/1.4 monospace; border: 1px solid #000; padding: .5em; white-space: pre-wrap; overflow-wrap: anywhere; break-inside: avoid }
    pre.lines { font-size: 13pt }
    table { border-collapse: collapse; width: 100%; break-inside: auto }
    th, td { border-bottom: 1px solid #888; padding: .25em .75em .25em 0; text-align: left; vertical-align: top; overflow-wrap: anywhere }
    tr { break-inside: avoid }
    th { font-family: sans-serif; font-weight: bold }
    code { font-family: monospace; overflow-wrap: anywhere }
    @page { margin: 18mm }
    @media print { body { margin: 0; max-width: none } }
    </style>
    </head>
    <body>
    <h1>\(Self.inline(title))</h1>
    \(blocks.map(Self.html).joined(separator: "\n"))
    </body>
    </html>

    """
  }

  private static func html(_ block: Block) -> String {
    switch block {
    case .heading(let level, let text): "<h\(level)>\(inline(text))</h\(level)>"
    case .text(let text): "<p>\(inline(text))</p>"
    case .list(let items): "<ul>\n" + items.map { "<li>\(inline($0))</li>\n" }.joined() + "</ul>"
    case .shell(let text): "<pre>\(escaped(text))</pre>"
    case .table(let head, let rows):
      "<table>\n<tr>" + head.map { "<th>\(inline($0))</th>" }.joined() + "</tr>\n"
        + rows.map { "<tr>" + $0.map { "<td>\(inline($0))</td>" }.joined() + "</tr>\n" }.joined() + "</table>"
    case .lines(let text): "<pre class=\"lines\">\(escaped(text))</pre>"
    }
  }

  /// Every second part between backquotes is code.
  private static func inline(_ text: String) -> String {
    let parts = text.split(separator: "`", omittingEmptySubsequences: false)
    return parts.enumerated().map { index, part in
      index % 2 == 1 ? "<code>\(escaped(String(part)))</code>" : strong(escaped(String(part)))
    }.joined()
  }

  /// Every second part between pairs of stars is important.
  private static func strong(_ text: String) -> String {
    let parts = text.split(separator: "**", omittingEmptySubsequences: false)
    return parts.enumerated().map { index, part in index % 2 == 1 ? "<strong>\(part)</strong>" : String(part) }.joined()
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }
}
