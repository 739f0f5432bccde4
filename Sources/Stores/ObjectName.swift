package import Primitives

/// The name of one object of a repository, and the only place that knows where restic keeps it.
package struct ObjectName: Hashable, Sendable, CustomStringConvertible {
  package enum Kind: String, CaseIterable, Sendable {
    case config, key, pack, index, snapshot, lock
  }

  package let kind: Kind
  /// The SHA-256 of the object's bytes; `nil` only for the config, of which there is one.
  package let id: ContentID?

  private init(kind: Kind, id: ContentID?) {
    self.kind = kind
    self.id = id
  }

  package static var config: Self { Self(kind: .config, id: nil) }

  /// - Parameter kind: any but `.config`.
  package init(_ kind: Kind, _ id: ContentID) {
    precondition(kind != .config, "the config has no id: use ObjectName.config")
    self.init(kind: kind, id: id)
  }

  package static func key(_ id: ContentID) -> Self { Self(.key, id) }
  package static func pack(_ id: ContentID) -> Self { Self(.pack, id) }
  package static func index(_ id: ContentID) -> Self { Self(.index, id) }
  package static func snapshot(_ id: ContentID) -> Self { Self(.snapshot, id) }
  package static func lock(_ id: ContentID) -> Self { Self(.lock, id) }

  /// For messages: `pack 'b1946ac9'`, `config`.
  package var description: String { id.map { "\(kind) '\($0.short)'" } ?? kind.rawValue }
}

// MARK: restic's layout

extension ObjectName {
  /// Relative to the repository, parts joined with `/`: `config`, `keys/ID`, `data/xx/ID`.
  package var path: String { folder.isEmpty ? fileName : "\(folder)/\(fileName)" }

  /// Where the object lies; empty for the repository itself.
  package var folder: String {
    guard let id else { return "" }
    return kind == .pack ? "\(kind.folder)/\(id.hex.prefix(2))" : kind.folder
  }

  package var fileName: String { id?.hex ?? "config" }

  /// Every folder of a repository, parents first: 5 and the 256 of `data`.
  package static var layout: [String] {
    let top = Kind.allCases.map(\.folder).filter { !$0.isEmpty }
    return top + (0...255).map { "\(Kind.pack.folder)/\(Hex.encode([UInt8($0)]))" }
  }

  /// The object a file of this name is.
  ///
  /// - Returns: `nil` for a foreign file: anything but 64 lower-case hexadecimal digits (or `config`).
  package init?(_ kind: Kind, fileName: String) {
    if kind == .config {
      guard fileName == "config" else { return nil }
      self = .config
    } else {
      guard let id = ContentID(hex: fileName), id.hex == fileName else { return nil }
      self.init(kind, id)
    }
  }
}

extension ObjectName.Kind {
  /// The folder that holds all objects of this kind; empty for the config.
  package var folder: String {
    switch self {
    case .config: ""
    case .key: "keys"
    case .pack: "data"
    case .index: "index"
    case .snapshot: "snapshots"
    case .lock: "locks"
    }
  }
}
