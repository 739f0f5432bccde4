import CouchFormat
import Deployments
import Files
import Primitives
import SystemPackage

/// The data folders: are they some, can each file be read, can all be held open, is there room.
struct DataCheckup {
  let nodes: [CouchNodeSource]
  /// As far as is known. What CouchDB does not use may be as readable as it likes.
  let isInUse: Bool

  func run(_ diagnosis: inout Diagnosis) async {
    var files = 0
    for node in nodes {
      files += await check(node.dataFolder, &diagnosis)
      checkDisk(node.dataFolder, &diagnosis)
    }
    checkDescriptors(files, &diagnosis)
  }

  /// - Returns: how many files it has.
  private func check(_ folder: FilePath, _ diagnosis: inout Diagnosis) async -> Int {
    guard isDataFolder(folder, &diagnosis) else { return 0 }
    guard let listing = try? await DataFolderListing(scanning: folder) else {
      diagnosis.fail(
        .dataUnreadable, folder.string, "data folder '\(folder)' cannot be listed", remedy: "run as root, or as a user who may read it")
      return 0
    }
    let refused = listing.files.filter { (try? HeldFile(opening: folder.appending($0.path))) == nil }
    if let first = refused.first {
      diagnosis.fail(
        .dataUnreadable, folder.appending(first.path).string,
        "\(Wording.count(refused.count, "file")) in '\(folder)' cannot be read", remedy: "run as root, or as a user who may read them")
    } else if isInUse {
      diagnosis.note("data", "'\(folder)': \(Wording.count(listing.files.count, "file")), all readable")
    }
    return listing.files.count
  }

  private func isDataFolder(_ folder: FilePath, _ diagnosis: inout Diagnosis) -> Bool {
    do {
      try DataFolderError.check(folder)
      return true
    } catch {
      // The survey may have said so.
      if diagnosis.findings.contains(where: { $0.kind == .dataFolderUnusable && $0.file == folder.string }) { return false }
      let explained = error as? any Explainable
      diagnosis.fail(
        .dataFolderUnusable, folder.string, explained?.summary ?? "\(error)",
        remedy: explained?.hints.first ?? "run as root, or as a user who may read it")
      return false
    }
  }

  private static let ownDescriptors = 64

  /// The freeze holds every changed file of all nodes open.
  private func checkDescriptors(_ files: Int, _ diagnosis: inout Diagnosis) {
    let limit = DescriptorLimit.raise()
    if files > limit - Self.ownDescriptors {
      diagnosis.warn(
        .descriptorsFew, "open files",
        "\(files) files may be frozen, and this process may hold \(limit) open: some are reopened to be copied",
        remedy: "raise the hard limit: 'ulimit -Hn', or LimitNOFILE= of the service")
    } else {
      diagnosis.note("open files", "\(limit) allowed, \(files) needed at most")
    }
  }

  /// CouchDB corrupts its files when the disk is full.
  private func checkDisk(_ folder: FilePath, _ diagnosis: inout Diagnosis) {
    guard let space = try? DiskSpace.at(folder) else { return }
    let text = "\(Wording.bytes(space.free)) of \(Wording.bytes(space.total)) free on the disk of '\(folder)'"
    if space.free < space.total / 10 {
      diagnosis.warn(
        .diskLow, folder.string, text, remedy: "a full disk damages CouchDB's files: free some space, or move the data to a larger disk")
    } else {
      diagnosis.note("data disk", text)
    }
  }
}
