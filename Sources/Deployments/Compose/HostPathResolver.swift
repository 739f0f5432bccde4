package import SystemPackage

/// Paths of a compose file as absolute ones. Source: compose-spec/compose-go `paths/`.
package struct HostPathResolver {
  let workingFolder: FilePath
  let home: FilePath?

  package init(workingFolder: FilePath, home: FilePath?) {
    self.workingFolder = workingFolder
    self.home = home
  }

  /// Nil for an empty path, for one with a NUL (which would end it early), for Windows's, and for `~` without a home.
  package func path(_ written: String) -> FilePath? {
    guard !written.isEmpty, !written.utf8.contains(0) else { return nil }
    if written.hasPrefix("~") {
      // Whatever follows: Compose does not know `~user`.
      return home.map { joined($0, String(written.dropFirst())) }
    }
    let isWindows = written.hasPrefix("\\\\") || [":\\", ":/"].contains { written.dropFirst().hasPrefix($0) }
    if isWindows { return nil }
    return FilePath(written).isAbsolute ? FilePath(written).lexicallyNormalized() : joined(workingFolder, written)
  }

  private func joined(_ folder: FilePath, _ rest: String) -> FilePath {
    FilePath("\(folder.string)/\(rest)").lexicallyNormalized()
  }
}
