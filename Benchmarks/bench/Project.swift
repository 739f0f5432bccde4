import Foundation
import SystemPackage

/// Where things lie beside this program, which the package manager has put into `.build/TRIPLE/release`.
enum Project {
  static var program: FilePath { FilePath((try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "bench") }

  /// Where the project may be: the folder this runs in, then the one the program was built in.
  static var folders: [FilePath] {
    var built = program
    for _ in 0..<4 { built = built.removingLastComponent() }
    return [FilePath(FileManager.default.currentDirectoryPath), built]
  }
}
