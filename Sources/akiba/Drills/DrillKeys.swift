import Files
import Primitives
import Recovery
import SystemPackage

/// The key a drill opens the repository with: both in turn, so that the recovery key is known to work.
struct DrillKeys {
  struct Choice {
    let role: DrillRecord.Key.Role
    let password: String
  }

  let configuration: Configuration
  /// As a person named it.
  let recoveryKey: FilePath?

  /// Where the recovery key is; `nil`: not on this host.
  private func recoveryFile() throws -> FilePath? {
    if let recoveryKey { return recoveryKey }
    let usual = configuration.drill.recoveryKey ?? configuration.keyFile.removingLastComponent().appending("recovery.key")
    return try FileMetadata.ifPresent(usual) == nil ? nil : usual
  }

  /// - Parameter records: of earlier drills, oldest first.
  func next(for location: String, after records: [DrillRecord]) throws -> Choice {
    let last = records.last { $0.location.name == location && $0.rehearsal == nil }?.key?.role
    // Who names the recovery key wants it tried.
    if let file = try recoveryFile(), recoveryKey != nil || last == .working {
      return Choice(role: .recovery, password: try KeyFiles.read(file))
    }
    return Choice(role: .working, password: try KeyFiles.read(configuration.keyFile))
  }
}
