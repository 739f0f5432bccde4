import Primitives
import CouchFormat
import Files
import SystemPackage

/// This process and this host: user, keys, clock.
struct HostCheckup {
  let configuration: Configuration

  func run(_ diagnosis: inout Diagnosis) {
    if !Environment.isRoot {
      diagnosis.warn(
        .notRoot, "user", "not root: files keep no owners at a restore, and volumes are read through the container engine",
        remedy: "sudo akiba doctor\(Configuration.option(configuration.path))")
    }
    checkKey(&diagnosis)
    checkKit(&diagnosis)
    if HostClock.isSynchronized {
      diagnosis.note("clock", "kept right by the network or the machine")
    } else {
      diagnosis.warn(
        .clockUnsynchronized, "clock", "nobody keeps this host's clock right: snapshots are found by their time",
        remedy: "install chrony, or: timedatectl set-ntp true")
    }
  }

  private func checkKit(_ diagnosis: inout Diagnosis) {
    let state = configuration.kitState
    let text = state.text(Configuration.option(configuration.path))
    if case .current = state { diagnosis.note("kit", text) } else { diagnosis.remark("kit", text) }
  }

  private static let groupAndOthers: UInt32 = 0o077

  private func checkKey(_ diagnosis: inout Diagnosis) {
    let key = configuration.keyFile
    if let metadata = try? FileMetadata.ifPresent(key) {
      if metadata.permissions & Self.groupAndOthers != 0 {
        diagnosis.fail(
          .keyExposed, key.string, "others than its owner may read the working key", remedy: "chmod 600 \(key.string.asShellWord)")
      } else {
        diagnosis.note("working key", "'\(key)', for its owner only")
      }
    }
    let recovery = key.removingLastComponent().appending("recovery.key")
    if (try? FileMetadata.ifPresent(recovery)) != nil {
      diagnosis.warn(
        .recoveryKeyHere, recovery.string, "the recovery key is still on this host: it would be lost with it",
        remedy: "print it, store it elsewhere, then remove the file")
    }
  }
}
