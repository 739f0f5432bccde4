import Foundation
import Primitives
import Repositories
import ResticFormat
import Stores
import SystemPackage
import TestSupport
import Testing

/// Both directions against the distribution's restic.
struct StockResticTests {
  private static let oddNames: [[UInt8]] = [
    Array("plain.txt".utf8), Array("with space and 'quotes' and \"double\"".utf8), Array("back\\slash".utf8),
    Array("tab\tnew\nline".utf8), Array("Größe – 大小 – 🦩.couch".utf8), [0x66, 0xFF, 0xFE, 0x80], Array("<html>&amp;".utf8),
    Array("\u{200B}zero width \u{2028}".utf8), Array("\u{7F}\u{1}control".utf8), Array("-dash".utf8), Array("\\x41".utf8),
    Array("medic.1718000000.couch".utf8), [0xC3],
  ]

  @Test func `we read what stock restic wrote, and trees keep their ids when written again`() async throws {
    try await withTemporaryFolder { folder in
      let source = folder.appending("source")
      let files = try Self.writeSource(to: source)
      let restic = StockRestic(repository: folder.appending("repo").string)
      try restic.run("init", "--repository-version", "2")
      try restic.run("backup", "--tag", "x", ".", in: source.string)

      let repository = try await Repository.open(
        FolderStore(folder.appending("repo")), password: testPassword, surroundings: .here())
      let reader = RepositoryReader(repository, index: try await RepositoryIndex.load(repository))
      let list = try await repository.snapshots()
      let snapshot = try #require(list.snapshots.last)
      let json = try await reader.loadBlob(BlobHandle(snapshot.snapshot.tree, .tree))
      let tree = try Tree.decode(json)
      var read: [[UInt8]: [UInt8]] = [:]
      for node in tree.nodes where node.kind == .file {
        var bytes: [UInt8] = []
        try await reader.read(node.content) { _, plaintext in bytes += plaintext }
        read[node.name] = bytes
      }

      #expect(read == files)
      #expect(ContentID(hashing: tree.encode()) == snapshot.snapshot.tree, "\(String(decoding: json, as: UTF8.self))")
      #expect(snapshot.snapshot.tags == ["x"])
      #expect(tree.node(named: "link")?.linkTarget == Array("plain.txt".utf8))
      let report = try await RepositoryCheck(repository, reading: .all).run()
      #expect(report.findings.isEmpty, "\(report.findings)")
      #expect(report.packsRead > 0)
    }
  }

  @Test func `stock restic checks, lists, restores, copies, prunes and adds to what we wrote`() async throws {
    try await withTemporaryFolder { folder in
      var random = SeededRandom(seed: 7)
      let big = random.bytes(3 << 20)
      var files = Self.oddNames.enumerated().map { SampleFile(rawName: $1, Array("content \($0)".utf8), random.bytes($0 * 37)) }
      files.append(SampleFile("empty"))
      files.append(SampleFile("empty blob", []))
      files.append(SampleFile("big", Array(big[..<(1 << 20)]), Array(big[(1 << 20)...]), [UInt8](repeating: 7, count: 1 << 20)))
      files.append(SampleFile("one byte", [42]))
      let store = FolderStore(folder.appending("repo"))
      let copies = try await Repository.create(
        in: [store], password: testPassword, surroundings: .here(), parameters: ScryptParameters(n: 1024, r: 8, p: 1))
      try await writeSnapshot(of: files, to: copies)
      try await writeSnapshot(
        of: Array(files.dropLast(2)) + [SampleFile("new", [1, 2, 3])], to: copies, time: sampleTime.advanced(by: .seconds(60)))
      let restic = StockRestic(repository: store.address)

      try restic.run("check", "--read-data")
      let listed = try restic.run("ls", "latest").output
      #expect(listed.contains("/files/plain.txt") && listed.contains("Größe – 大小 – 🦩.couch"))
      let snapshots = try restic.run("snapshots", "--json").output
      #expect(snapshots.contains("2026-02-25T09:13:20.123456789+03:00"), "\(snapshots)")
      let oldest = try #require(try await copies[0].snapshots().snapshots.first)
      try restic.run("restore", oldest.id.hex, "--target", folder.appending("restored").string)
      for file in files {
        let path = Array(folder.appending("restored/files/").string.utf8) + [UInt8(ascii: "/")] + file.name
        #expect(try Self.bytes(ofFileAt: path) == file.bytes, "\(String(decoding: file.name, as: UTF8.self))")
      }

      try restic.run("forget", "--keep-last", "1", "--group-by", "host", "--prune")
      try restic.run("backup", folder.appending("restored").string)
      try restic.run("check", "--read-data")

      let reopened = try await Repository.open(store, password: testPassword, surroundings: .here())
      let list = try await reopened.snapshots()
      #expect(list.snapshots.count == 2)
      #expect(list.damaged.isEmpty)
      let ours = try #require(list.snapshots.first)
      let expected = (files.dropLast(2) + [SampleFile("new", [1, 2, 3])]).map { ($0.name, $0.bytes) }
      #expect(try await readFiles(ours.snapshot, from: reopened) == Dictionary(uniqueKeysWithValues: expected))
      let report = try await RepositoryCheck(reopened, reading: .all).run()
      #expect(report.isSound, "\(report.findings)")
    }
  }

  @Test func `stock restic copies snapshots out of our repository`() async throws {
    try await withTemporaryFolder { folder in
      let store = FolderStore(folder.appending("repo"))
      let copies = try await newRepository(in: store)
      try await writeSnapshot(of: [SampleFile("a", [1, 2, 3]), SampleFile("b", [])], to: copies)
      let passwordFile = folder.appending("password").string
      try Data(testPassword.utf8).write(to: URL(filePath: passwordFile))

      let second = StockRestic(repository: folder.appending("copy").string)
      try second.run(
        "init", "--repository-version", "2", "--from-repo", store.address, "--from-password-file", passwordFile, "--copy-chunker-params")
      try second.run("copy", "--from-repo", store.address, "--from-password-file", passwordFile)
      try second.run("check", "--read-data")

      let copy = try await Repository.open(FolderStore(folder.appending("copy")), password: testPassword, surroundings: .here())
      let snapshot = try #require(try await copy.snapshots().snapshots.first)
      #expect(try await readFiles(snapshot.snapshot, from: copy) == [Array("a".utf8): [1, 2, 3], Array("b".utf8): []])
      #expect(copy.config.chunkerPolynomial == copies[0].config.chunkerPolynomial)
    }
  }

  @Test func `stock prune refuses while our lock is held`() async throws {
    try await withTemporaryFolder { folder in
      let store = FolderStore(folder.appending("repo"))
      let repository = try await newRepository(in: store)[0]

      let held = try await repository.withLock(.shared) {
        try StockRestic(repository: store.address).run("prune", expecting: nil)
      }
      #expect(held.status != 0)
      #expect(held.errors.contains("repository is already locked") && held.errors.contains("PID \(getpid())"), "\(held.errors)")

      try StockRestic(repository: store.address).run("prune")
    }
  }

  @Test func `we refuse while stock restic holds an exclusive lock, and take over when it was killed`() async throws {
    try await withTemporaryFolder { folder in
      let store = FolderStore(folder.appending("repo"))
      let repository = try await newRepository(in: store)[0]
      var random = SeededRandom(seed: 3)
      try await writeSnapshot(of: [SampleFile("big", random.bytes(1 << 20))], to: [repository])
      let slow = try StockRestic(repository: store.address).start("check", "--read-data", "--limit-download", "20")
      defer { slow.signal(SIGKILL) }
      while try store.names(of: .lock).isEmpty, slow.isRunning { try await Task.sleep(for: .milliseconds(10)) }

      let refused = await #expect(throws: RepositoryError.self) { try await repository.withLock(.shared) {} }
      #expect(refused?.kind == .locked)
      #expect(refused?.summary.contains("process \(slow.identifier)") == true, "\(String(describing: refused))")

      slow.signal(SIGKILL)
      try slow.wait()
      #expect(try store.names(of: .lock).count == 1)
      try await repository.withLock(.exclusive) {}
      #expect(try store.names(of: .lock).isEmpty)
    }
  }

  @Test func `stock restic opens with a key we added, and we with one it added`() async throws {
    try await withTemporaryFolder { folder in
      let store = FolderStore(folder.appending("repo"))
      let repository = try await newRepository(in: store)[0]
      _ = try await KeyRing(of: [repository]).add(password: "second", parameters: quickScrypt)
      try StockRestic(repository: store.address, password: "second").run("cat", "config")

      let newPassword = folder.appending("third").string
      try Data("third\n".utf8).write(to: URL(filePath: newPassword))
      try StockRestic(repository: store.address).run("key", "add", "--new-password-file", newPassword)
      let opened = try await Repository.open(store, password: "third", surroundings: .here())
      #expect(opened.isCopy(of: repository))
    }
  }

  /// Files of all odd names, one of several chunks, a link; what a tree of stock restic then holds.
  private static func writeSource(to folder: FilePath) throws -> [[UInt8]: [UInt8]] {
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    var random = SeededRandom(seed: 1)
    var files: [[UInt8]: [UInt8]] = [:]
    for (number, name) in oddNames.enumerated() { files[name] = random.bytes(number * 100) }
    files[Array("large".utf8)] = random.bytes(5 << 20)
    for (name, bytes) in files {
      let path = Array(folder.string.utf8) + [UInt8(ascii: "/")] + name
      let file = path.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL, 0o4711) }
      try #require(file >= 0)
      defer { close(file) }
      #expect(write(file, bytes, bytes.count) == bytes.count)
    }
    symlink("plain.txt", folder.appending("link").string)
    mkfifo(folder.appending("fifo").string, 0o600)
    mkdir(folder.appending("folder").string, 0o1777)
    return files
  }

  private static func bytes(ofFileAt path: [UInt8]) throws -> [UInt8] {
    let file = path.withCString { open($0, O_RDONLY) }
    try #require(file >= 0, "no file \(String(decoding: path, as: UTF8.self))")
    defer { close(file) }
    return Array(try FileHandle(fileDescriptor: file).readToEnd() ?? Data())
  }
}

extension [UInt8] {
  fileprivate func withCString<Value>(_ body: (UnsafePointer<CChar>) -> Value) -> Value {
    (self + [0]).withUnsafeBufferPointer { $0.withMemoryRebound(to: CChar.self) { body($0.baseAddress!) } }  // never empty
  }
}
