/// One compose file: what its services are made from and which files of the host they use.
///
/// It reads one file by itself. What `include` and `extends` name is listed, not followed; several files of a project are read one by one.
/// Nothing is checked against Compose's schema: a part of a wrong shape is passed over, an unset variable is noted in its text.
///
/// Source: compose-spec/compose-spec `spec.md`; compose-spec/compose-go `loader/`, `transform/`, `paths/`.
package struct ComposeFile: Sendable, Equatable {
  /// `name:`, the project's name where neither the command line nor the environment gives one.
  package let name: ComposeText?
  package let services: [Service]
  package let volumes: [Volume]
  package let networks: [Network]
  package let configs: [FileEntry]
  package let secrets: [FileEntry]
  package let includes: [Include]

  package struct Service: Sendable, Equatable {
    package let name: String
    package let line: Int
    package let image: ComposeText?
    package let containerName: ComposeText?
    package let mounts: [ComposeMount]
    package let environmentFiles: [EnvironmentFileEntry]
    package let labelFiles: [ComposeText]
    /// Keys of the file's `configs`, `secrets` and `networks`.
    package let configs: [String]
    package let secrets: [String]
    package let networks: [String]
    package let extends: Extends?
    /// The build's context; nil if nothing is built.
    package let build: ComposeText?
  }

  package struct EnvironmentFileEntry: Sendable, Equatable {
    package let path: ComposeText
    package let isRequired: Bool
  }

  package struct Extends: Sendable, Equatable {
    package let service: String?
    /// Nil for a service of this file.
    package let file: ComposeText?
  }

  /// An entry of `volumes`.
  package struct Volume: Sendable, Equatable {
    package let key: String
    /// The engine's name for it; if nil, the project's name, `_` and the key — or the key alone of an external one.
    package let name: ComposeText?
    package let isExternal: Bool
    package let driver: ComposeText?
    /// The host folder of a volume that is a bind mount in disguise (`driver_opts` with `o: bind`).
    package let boundDevice: ComposeText?
  }

  package struct Network: Sendable, Equatable {
    package let key: String
    package let name: ComposeText?
    package let isExternal: Bool

    package init(key: String, name: ComposeText?, isExternal: Bool) {
      self.key = key
      self.name = name
      self.isExternal = isExternal
    }
  }

  /// An entry of `configs` or `secrets`.
  package struct FileEntry: Sendable, Equatable {
    package let key: String
    package let file: ComposeText?
    package let isExternal: Bool
  }

  package struct Include: Sendable, Equatable {
    package let paths: [ComposeText]
    package let environmentFiles: [ComposeText]
    package let projectFolder: ComposeText?
  }

  /// In bytes. A hundred times what CHT's files have.
  package static let maximumSize = 512 << 10

  /// - Parameter lookup: What variables mean: the environment first, then the project's `.env`.
  package init(bytes: [UInt8], lookup: (String) -> String?) throws(ComposeFileError) {
    guard bytes.count <= Self.maximumSize else { throw ComposeFileError(kind: .tooLarge, line: nil) }
    let text = String(decoding: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...], as: UTF8.self)
    var reader = ComposeReader(try ComposeDocument(text))
    guard let top = try reader.fields(reader.root) else { throw ComposeFileError(kind: .notCompose, line: nil) }
    let services = try reader.fields(top["services"])
    includes = try reader.includes(top["include"], lookup)
    guard services != nil || !includes.isEmpty else { throw ComposeFileError(kind: .notCompose, line: nil) }

    name = try reader.text(top["name"], lookup)
    self.services = try reader.services(services, lookup)
    volumes = try reader.volumes(top["volumes"], lookup)
    networks = try reader.networks(top["networks"], lookup)
    configs = try reader.fileEntries(top["configs"], lookup)
    secrets = try reader.fileEntries(top["secrets"], lookup)
  }
}
