import CouchFormat
import Deployments
import Files
import Primitives
import SystemPackage

/// The deployment itself: what a survey finds, and whether its files can be read.
struct InstallationCheckup {
  let configuration: Configuration

  func run(_ diagnosis: inout Diagnosis) async {
    do {
      let found = try await configuration.survey().run()
      describe(found.installation, &diagnosis)
      diagnosis.add(found.findings)
      for gap in found.installation.notLearned { diagnosis.note("not learned", gap) }
    } catch let error as any Explainable {
      diagnosis.fail(.mountDiffers, configuration.deployment.name, error.summary, remedy: error.hints.first ?? "")
    } catch {
      diagnosis.fail(.unreadable, configuration.deployment.name, "\(error)", remedy: "akiba discover")
    }
    for node in configuration.deployment.nodes { checkData(node.dataFolder, &diagnosis) }
    for source in configuration.deployment.folders.map(\.source) + configuration.deployment.nodes.flatMap(\.settings) {
      checkPresence(source, &diagnosis)
    }
  }

  private func describe(_ installation: Installation, _ diagnosis: inout Diagnosis) {
    if let engine = installation.engine { diagnosis.note("engine", "\(engine.name) \(engine.version) at \(engine.endpoint)") }
    if let version = installation.chtVersion {
      diagnosis.note("versions", "CHT \(version)" + (installation.couchDBVersion.map { ", CouchDB \($0)" } ?? ""))
    }
    if let certificate = installation.certificate, certificate.daysLeft >= 0 {
      let key = certificate.keyMatches == true ? ", the key belongs to it" : ""
      diagnosis.note("certificate", "\(certificate.subject), \(certificate.daysLeft) days left\(key)")
    }
    if let credentials = installation.credentials, credentials.uuid != nil, credentials.secretFingerprint != nil {
      diagnosis.note("credentials", "uuid and secret are there")
    }
    if let upgrade = installation.upgrade, !upgrade.inProgress {
      diagnosis.note("upgrade", "none in progress; the last is \(upgrade.state)")
    }
  }

  private func checkData(_ folder: FilePath, _ diagnosis: inout Diagnosis) {
    guard let listing = try? DataFolderListing(scanning: folder) else {
      return diagnosis.fail(
        .dataUnreadable, folder.string, "data folder '\(folder)' cannot be listed", remedy: "run as root, or as a user who may read it")
    }
    let refused = listing.files.filter { (try? HeldFile(opening: folder.appending($0.path))) == nil }
    if let first = refused.first {
      diagnosis.fail(
        .dataUnreadable, folder.appending(first.path).string,
        "\(Wording.count(refused.count, "file")) in '\(folder)' cannot be read", remedy: "run as root, or as a user who may read them")
    } else {
      diagnosis.note("data", "'\(folder)': \(Wording.count(listing.files.count, "file")), all readable")
    }
    checkDescriptors(listing.files.count, &diagnosis)
    checkDisk(folder, &diagnosis)
  }

  /// The freeze holds every changed file open.
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

  private static let ownDescriptors = 64

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

  private func checkPresence(_ source: FilePath, _ diagnosis: inout Diagnosis) {
    do {
      _ = try FileMetadata.of(source)
    } catch {
      diagnosis.fail(.unreadable, source.string, error.summary, remedy: error.hints.first ?? "correct its path in the configuration")
    }
  }
}
