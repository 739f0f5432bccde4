import Deployments
import Files
import FoundationEssentials
import Glibc
import Repositories
import ResticFormat
import SystemPackage

/// What commands learn from the process they run in. The only place that reads the environment.
enum Environment {
  static var configuration: FilePath? { getenv("AKIBA_CONFIG").map { FilePath(platformString: $0) } }

  /// For what has its own names there: access keys, ssh's agent.
  static var variables: [String: String] { ProcessInfo.processInfo.environment }

  static var workingFolder: FilePath {
    guard let folder = getcwd(nil, 0) else { return "/" }
    defer { free(folder) }
    return FilePath(platformString: folder)
  }

  static func absolute(_ path: String) -> FilePath {
    let path = FilePath(path)
    return (path.isAbsolute ? path : workingFolder.pushing(path)).lexicallyNormalized()
  }

  static var now: FileTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return FileTime(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
  }

  /// Where container engines may listen.
  ///
  /// - Parameter address: as in `DOCKER_HOST`; then only that one.
  static func endpoints(named address: String?) throws -> [DockerEndpoint] {
    let names = ["DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONTEXT", "DOCKER_CONFIG", "XDG_RUNTIME_DIR"]
    var environment: [String: String] = [:]
    for name in names { environment[name] = getenv(name).map { String(cString: $0) } }
    if let address { environment["DOCKER_HOST"] = address }
    let home = getenv("HOME").map { FilePath(platformString: $0) }
    return try DockerEndpoint.candidates(environment: environment, home: home, userID: geteuid())
  }

  static var temporaryFolder: FilePath { getenv("TMPDIR").map { FilePath(platformString: $0) } ?? "/tmp" }

  static var isRoot: Bool { geteuid() == 0 }

  static var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  static func surroundings() -> Surroundings {
    Surroundings(
      hostname: hostname(), username: username(), processID: Int(getpid()), userID: geteuid(), groupID: getegid(), random: .system,
      now: { Timestamp(seconds: now.seconds, nanoseconds: now.nanoseconds) },
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
