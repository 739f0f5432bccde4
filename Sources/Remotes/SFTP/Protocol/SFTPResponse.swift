/// What an SFTP server of version 3 says.
///
/// Source: draft-ietf-secsh-filexfer-02, sections 5 and 7.
package enum SFTPResponse: Hashable, Sendable {
  /// Extensions by name, with their versions.
  case version(UInt32, extensions: [String: String])
  case status(SFTPStatus, message: String)
  /// Of an open file or folder; means something to the server only.
  case handle([UInt8])
  case data([UInt8])
  case names([SFTPEntry])
  case attributes(SFTPAttributes)
  /// To a request that an extension defines.
  case extended([UInt8])
}

/// One row of a folder's listing.
package struct SFTPEntry: Hashable, Sendable {
  /// Bytes that are not UTF-8 are replaced: such a name is none of ours.
  package let name: String
  package let attributes: SFTPAttributes

  package init(name: String, attributes: SFTPAttributes) {
    self.name = name
    self.attributes = attributes
  }
}

/// What the server tells of a file; it may leave out anything.
package struct SFTPAttributes: Hashable, Sendable {
  /// In bytes.
  package var size: Int?
  /// As `st_mode`, with the kind of file.
  package var mode: UInt32?
  /// In seconds since 1970.
  package var modified: Int?

  package init(size: Int? = nil, mode: UInt32? = nil, modified: Int? = nil) {
    self.size = size
    self.mode = mode
    self.modified = modified
  }

  package var isFolder: Bool { mode.map { $0 & 0o170000 == 0o040000 } ?? false }
  package var isSymlink: Bool { mode.map { $0 & 0o170000 == 0o120000 } ?? false }
}

/// One message, without the length in front of it.
package struct SFTPMessage: Hashable, Sendable {
  /// The request's. `nil` for the version.
  package let id: UInt32?
  package let response: SFTPResponse

  package init(parsing bytes: ArraySlice<UInt8>) throws(SFTPMalformed) {
    var reader = SFTPReader(bytes)
    let type = try reader.byte()
    id = type == 2 ? nil : try reader.word()
    switch type {
    case 2: response = .version(try reader.word(), extensions: try reader.extensions())
    case 101: response = .status(SFTPStatus(rawValue: try reader.word()), message: reader.isAtEnd ? "" : try reader.text())
    case 102: response = .handle(Array(try reader.string()))
    case 103: response = .data(Array(try reader.string()))
    case 104: response = .names(try reader.entries())
    case 105: response = .attributes(try reader.attributes())
    case 201: response = .extended(reader.rest())
    default: throw SFTPMalformed(reason: "\(type) is no type of message", offset: 0)
    }
  }
}

extension SFTPReader {
  fileprivate mutating func extensions() throws(SFTPMalformed) -> [String: String] {
    var extensions: [String: String] = [:]
    while !isAtEnd { extensions[try text()] = try text() }
    return extensions
  }

  /// The count is the server's word only: entries are taken as long as there are any.
  fileprivate mutating func entries() throws(SFTPMalformed) -> [SFTPEntry] {
    var entries: [SFTPEntry] = []
    for _ in 0..<(try word()) {
      let name = try text()
      _ = try string()  // the line 'ls -l' would show
      entries.append(SFTPEntry(name: name, attributes: try attributes()))
    }
    return entries
  }

  fileprivate mutating func attributes() throws(SFTPMalformed) -> SFTPAttributes {
    var attributes = SFTPAttributes()
    let flags = try word()
    if flags & 1 != 0 {
      guard let size = Int(exactly: try long()) else { throw SFTPMalformed(reason: "a size is beyond all measure", offset: offset) }
      attributes.size = size
    }
    if flags & 2 != 0 { _ = try long() }  // user and group
    if flags & 4 != 0 { attributes.mode = try word() }
    if flags & 8 != 0 {
      _ = try word()  // read last
      attributes.modified = Int(try word())
    }
    if flags & 0x8000_0000 != 0 {
      for _ in 0..<(try word()) {
        _ = try string()
        _ = try string()
      }
    }
    return attributes
  }
}
