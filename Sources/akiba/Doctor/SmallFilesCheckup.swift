import CouchFormat
import Deployments
import Files
import SystemPackage

/// What is stored byte for byte: can it be read, by this user or through the container engine?
struct SmallFilesCheckup {
  let reader: HostReader

  /// - Parameter source: a file, or a folder whose own files are looked at: `.env`, compose files, certificates, settings.
  func check(_ source: FilePath, _ diagnosis: inout Diagnosis) async {
    guard await reader.files(in: source) == nil else { return }
    let error = refusal(of: source)
    diagnosis.fail(
      .unreadable, error?.path.string ?? source.string, error?.summary ?? "'\(source)' cannot be read",
      remedy: error?.hints.first ?? "correct its path in the configuration")
  }

  /// Why this user may not read it.
  private func refusal(of source: FilePath) -> FileError? {
    do {
      guard try FileMetadata.of(source).kind == .folder else {
        _ = try HeldFile(opening: source)
        return nil
      }
      for entry in try Folder.entries(of: source) where entry.kind == .file {
        _ = try HeldFile(opening: source.appending(entry.name))
      }
      return nil
    } catch {
      return error
    }
  }
}
