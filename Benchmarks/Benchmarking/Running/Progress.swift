import Foundation

/// Lines for people, on standard error: standard output is for results.
package enum Progress {
  package static func say(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
}
