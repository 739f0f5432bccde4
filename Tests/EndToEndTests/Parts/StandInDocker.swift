import Foundation
import TestSupport
import Testing

/// Runs the command lines that akiba prints as they would run on CHT's host: `docker` and `curl` are stand-ins that write down what they got.
struct StandInDocker {
  /// With everything in it that a shell could trip over.
  static let password = #"p"a:s's $HOME\y`id`é"#

  private let folder: TemporaryFolder
  /// What a running container has mounted; of anything else there is none.
  private let mounted: String

  init(mounted: String) throws {
    folder = try TemporaryFolder()
    self.mounted = mounted
    try write(Self.docker, to: "docker")
    try write(Self.curl, to: "curl")
  }

  private func write(_ script: String, to name: String) throws {
    try Data(script.utf8).write(to: folder.url.appending(path: name))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path(name))
  }

  func run(_ command: String) throws -> Program.Output {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return try Program.run(
      "/bin/bash", ["-c", command],
      environment: ["PATH": "\(folder.path):\(path)", "STAND_IN": folder.path, "MOUNTED": mounted, "INSIDE_PASSWORD": Self.password])
  }

  /// Calls of `docker` but `ps`, one a line.
  var calls: [String] { said("calls").split(separator: "\n").map(String.init) }
  /// curl's arguments.
  var arguments: [String] { said("arguments").split(separator: "\n").map(String.init) }
  /// What curl read from the file that `--config` names.
  var curlConfiguration: String { said("configuration") }
  /// What curl was to send.
  var body: String { said("body") }

  private func said(_ name: String) -> String { (try? String(contentsOfFile: folder.path(name), encoding: .utf8)) ?? "" }

  private static let docker = #"""
    #!/bin/bash
    case "$1" in
    ps) if [ "$2 $3 $4" = "--quiet --filter volume=$MOUNTED" ]; then echo 0123456789ab; fi ;;
    stop | start) [ "$2" = 0123456789ab ] || exit 1; echo "$1 $2" >> "$STAND_IN/calls" ;;
    exec)
      [ "$2 $3 $4 $5" = "--interactive 0123456789ab bash -c" ] || exit 1
      echo "exec" >> "$STAND_IN/calls"
      COUCHDB_USER=medic COUCHDB_PASSWORD="$INSIDE_PASSWORD" exec bash -c "$6" ;;
    *) exit 1 ;;
    esac
    """#

  private static let curl = #"""
    #!/bin/bash
    printf '%s\n' "$@" > "$STAND_IN/arguments"
    while [ $# -gt 0 ]; do
      case "$1 $2" in
      "--config "*) cat "$2" > "$STAND_IN/configuration" ;;
      "--data-binary @-") cat > "$STAND_IN/body" ;;
      esac
      shift
    done
    """#
}

extension Program.Output {
  /// The commands of `steps` events, by purpose.
  func steps(_ purpose: String) throws -> [String] {
    try objects().filter { $0["type"] as? String == "steps" && $0["purpose"] as? String == purpose }
      .flatMap { $0["commands"] as? [String] ?? [] }
  }
}
