import Foundation

/// What `scripts/install-test-tools` fetched.
enum TestTools {
  static func path(_ program: String) throws -> String {
    let path = Corpora.packageRoot.appending(path: ".build/test-tools/\(program)").path
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw LeashedServer.Failed(description: "no '\(program)' at '\(path)': run the tests with 'make test', or scripts/install-test-tools")
    }
    return path
  }
}
