import Files
import Glibc
import Repositories
import ResticFormat
import SystemPackage

/// What commands learn from the process they run in. The only place that reads the environment.
enum Environment {
  static var configuration: FilePath? { getenv("AKIBA_CONFIG").map { FilePath(platformString: $0) } }

  static var workingFolder: FilePath {
    guard let folder = getcwd(nil, 0) else { return "/" }
    defer { free(folder) }
    return FilePath(platformString: folder)
  }

  static var temporaryFolder: FilePath { getenv("TMPDIR").map { FilePath(platformString: $0) } ?? "/tmp" }

  static var isRoot: Bool { geteuid() == 0 }

  static var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  static func surroundings() -> Surroundings {
    Surroundings(
      hostname: hostname(), username: username(), processID: Int(getpid()), userID: geteuid(), groupID: getegid(), random: .system,
      now: {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
      },
      sleep: { try await Task.sleep(for: $0) },
      isRunning: { process in pid_t(exactly: process).map { kill($0, 0) == 0 || errno == EPERM } ?? true })
  }

  private static func hostname() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func username() -> String {
    guard let entry = getpwuid(geteuid()) else { return String(geteuid()) }
    return String(cString: entry.pointee.pw_name)
  }
}
