import Primitives
package import SystemPackage

/// A call to the operating system failed: which, on which path, and why.
package struct FileError: Explainable {
  package let operation: String
  package let path: FilePath
  package let errno: Errno

  package init(_ operation: String, _ path: FilePath, _ errno: Errno) {
    self.operation = operation
    self.path = path
    self.errno = errno
  }

  package var summary: String { "cannot \(operation) '\(path)': \(errno.description)" }

  package var hints: [String] {
    switch errno {
    case .permissionDenied, .notPermitted: ["run as root, or as a user who may \(operation) this path"]
    case .noSpace: ["free some space on the disk that holds '\(path)', then run the same command again"]
    case .tooManyOpenFiles: ["raise the limit with 'ulimit -n', then run the same command again"]
    case .readOnlyFileSystem: ["the file system is mounted read-only: remount it for writing"]
    default: []
    }
  }
}
