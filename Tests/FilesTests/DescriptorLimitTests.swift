import Files
import Foundation
import Testing

struct DescriptorLimitTests {
  @Test func `the table of open files has its room before there are any, and the limit stays`() throws {
    var before = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &before)

    DescriptorLimit.makeRoom()

    var after = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &after)
    #expect(after.rlim_cur == before.rlim_cur && after.rlim_max == before.rlim_max)
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("FDSize:") })
    let size = try #require(Int(line.dropFirst("FDSize:".count).trimmingCharacters(in: .whitespaces)))
    #expect(size >= min(1 << 16, Int(clamping: after.rlim_max)), "\(line)")
  }
}
