import Foundation

package enum PeakMemory {
  /// The largest resident set so far, in bytes: `VmHWM` of `/proc/self/status`; 0 where that is not.
  package static var ofThisProcess: Int {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let number = line.split(separator: " ").dropFirst().first ?? line.split(separator: "\t").dropFirst().first
    else { return 0 }
    return (Int(number.filter(\.isNumber)) ?? 0) * 1024
  }
}
