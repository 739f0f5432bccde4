import CouchFormat
import Deployments
import Files
import Primitives
import SystemPackage

/// The deployment itself: what a survey finds, and whether its files can be read.
struct InstallationCheckup {
  let configuration: Configuration

  func run(_ diagnosis: inout Diagnosis) async {
    var volumes: (any VolumeReading)?
    var isInUse = true
    do {
      let found = try await configuration.survey()
      describe(found.installation, &diagnosis)
      diagnosis.add(found.findings)
      for gap in found.installation.notLearned { diagnosis.note("not learned", gap) }
      volumes = found.volumes
    } catch let error as any Explainable {
      isInUse = false
      diagnosis.fail(.mountDiffers, configuration.deployment.name, error.summary, remedy: error.hints.first ?? "akiba discover")
    } catch {
      diagnosis.fail(.unreadable, configuration.deployment.name, "\(error)", remedy: "akiba discover")
    }
    await DataCheckup(nodes: configuration.deployment.nodes, isInUse: isInUse).run(&diagnosis)
    let files = SmallFilesCheckup(reader: HostReader(volumes: volumes))
    for source in configuration.deployment.folders.map(\.source) + configuration.deployment.nodes.flatMap(\.settings) {
      await files.check(source, &diagnosis)
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
      // A log that nobody finished says nothing about how it ended.
      diagnosis.note("upgrade", "none in progress" + (upgrade.state.map { "; the last is \($0)" } ?? ""))
    }
  }
}
