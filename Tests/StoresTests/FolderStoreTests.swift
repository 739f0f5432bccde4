import Foundation
import Primitives
import Stores
import SystemPackage
import Testing

struct FolderStoreTests {
  private let name = ObjectName.pack(ContentID(hashing: [1, 2, 3]))

  @Test func `files are 0600 and folders 0700, and nothing unfinished stays`() async throws {
    try await withTemporaryFolder { folder in
      let store = FolderStore(folder.appending("repo"))
      try store.createLayout()
      try store.put([1, 2, 3], as: name)
      try store.put([1], as: .config)

      let paths = try #require(FileManager.default.enumerator(atPath: store.folder.string)).compactMap { $0 as? String }
      for path in paths {
        var status = stat()
        #expect(stat(store.folder.appending(path).string, &status) == 0)
        #expect(status.st_mode & 0o777 == (status.st_mode & S_IFMT == S_IFDIR ? 0o700 : 0o600), "\(path)")
      }
      #expect(paths.count == 261 + 2)
    }
  }

  @Test func `foreign and unfinished files are not listed, and only old unfinished ones are cleaned up`() async throws {
    try await withTemporaryFolder { folder in
      let store = FolderStore(folder)
      try store.createLayout()
      try store.put([1, 2, 3], as: name)
      let now = 2_000_000_000
      let files = [".a.1.akiba-part": now - 90_000, ".a.2.akiba-part": now - 3600, "README": now - 90_000, "\(name.fileName)-tmp-1": 0]
      for place in [name.folder, "locks", "index"] {
        for (file, modified) in files {
          let path = folder.appending("\(place)/\(file)").string
          try Data([1]).write(to: URL(filePath: path))
          try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: Double(modified))], ofItemAtPath: path)
        }
      }

      #expect(try store.names(of: .pack).map(\.name) == [name])
      #expect(try store.names(of: .lock).isEmpty)
      #expect(try store.removeLeftovers(now: now) == 3)
      #expect(FileManager.default.fileExists(atPath: folder.appending("locks/.a.2.akiba-part").string))
      #expect(FileManager.default.fileExists(atPath: folder.appending("locks/README").string))
      #expect(!FileManager.default.fileExists(atPath: folder.appending("locks/.a.1.akiba-part").string))
    }
  }

  @Test func `a pack in the wrong subfolder is not listed`() async throws {
    try await withTemporaryFolder { folder in
      let store = FolderStore(folder)
      try store.createLayout()
      let wrong = name.folder == "data/00" ? "data/01" : "data/00"
      try Data([1]).write(to: URL(filePath: folder.appending("\(wrong)/\(name.fileName)").string))

      #expect(try store.names(of: .pack).isEmpty)
    }
  }

  @Test func `a folder that is gone is an error, not an empty repository, and is not made up`() async throws {
    try await withTemporaryFolder { folder in
      let store = FolderStore(folder.appending("unmounted"))

      let listing = #expect(throws: StoreError.self) { try store.names(of: .pack) }
      let writing = #expect(throws: StoreError.self) { try store.put([1, 2, 3], as: name) }

      #expect(listing?.kind == .notFound)
      #expect(writing?.kind == .notFound)
      #expect(listing?.hints.first?.contains("mounted") == true)
      #expect(!FileManager.default.fileExists(atPath: store.folder.string))
    }
  }

  @Test func `a missing subfolder of data is made again`() async throws {
    try await withTemporaryFolder { folder in
      let store = FolderStore(folder)
      try store.createLayout()
      try FileManager.default.removeItem(atPath: folder.appending(name.folder).string)

      try store.put([1, 2, 3], as: name)

      #expect(try store.bytes(of: name) == [1, 2, 3])
    }
  }

  @Test(arguments: [
    (Errno.noSpace, StoreError.Kind.full), (.permissionDenied, .denied), (.readOnlyFileSystem, .readOnly), (.ioError, .unreachable),
    (.noSuchFileOrDirectory, .notFound), (.fileExists, .alreadyExists), (.invalidArgument, .other),
  ])
  func `an errno becomes a kind to decide on`(_ errno: Errno, _ kind: StoreError.Kind) {
    let error = StoreError(cannot: "store", name, in: "/mnt/usb", errno: errno)

    #expect(error.kind == kind)
    #expect(error.summary.hasPrefix("cannot store pack '039058c6' in store '/mnt/usb': "))
  }

  @Test func `a full disk is told as one, leaves nothing half-named, and takes objects again once there is room`() async throws {
    try await withTemporaryFolder { folder in
      try #require(getuid() == 0, "mounting a small tmpfs needs root: run the tests as root, as CI does")
      let mounted = mount("tmpfs", folder.string, "tmpfs", 0, "size=2m")
      try #require(mounted == 0, "cannot mount a tmpfs: \(String(cString: strerror(errno)))")
      defer { umount2(folder.string, Int32(MNT_DETACH)) }
      let store = FolderStore(folder)
      try store.createLayout()
      var stored: [ObjectName: [UInt8]] = [:]

      var failure: StoreError?
      for number in 0..<100 where failure == nil {
        let bytes = [UInt8](repeating: UInt8(number), count: 100_000)
        let name = ObjectName.pack(ContentID(hashing: bytes))
        do {
          try store.put(bytes, as: name)
          stored[name] = bytes
        } catch { failure = try #require(error as? StoreError) }
      }

      #expect(failure?.kind == .full)
      #expect(Set(try store.names(of: .pack).map(\.name)) == Set(stored.keys))
      for (name, bytes) in stored { #expect(try store.bytes(of: name) == bytes) }
      try store.remove(#require(stored.keys.first))
      try store.put([UInt8](repeating: 200, count: 100_000), as: name)
      #expect(try store.removeLeftovers(now: .max) == 0, "no temporary file stays")
    }
  }
}
