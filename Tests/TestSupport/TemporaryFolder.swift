package import Foundation

/// A folder for one test, removed with all that is in it when the test lets go of it.
package final class TemporaryFolder: Sendable {
  package let url: URL

  /// - Parameter place: on another disk than usual.
  package init(in place: String? = nil) throws {
    url = (place.map { URL(filePath: $0) } ?? FileManager.default.temporaryDirectory).appending(path: "akiba-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    // Folders that a test made unreadable are opened again first.
    _ = try? Program.run("/bin/chmod", ["-R", "u+rwX", url.path])
    try? FileManager.default.removeItem(at: url)
  }

  package var path: String { url.path }

  package func path(_ name: String) -> String { url.appending(path: name).path }
}
