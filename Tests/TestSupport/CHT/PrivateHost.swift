import Foundation

/// A machine of its own for tests, on this kernel: own mounts, processes, network and host name.
///
/// It shows the files of this machine, but what is written lands in memory and is gone with it, except below `/tmp`, which is shared: paths
/// there mean the same inside and outside. File systems mounted below `/tmp` are not seen. `/run` is empty, all ports are free, and nothing
/// reaches the outside. When the test lets go of it, the kernel kills its processes, its mounts and interfaces vanish and its folder is
/// removed.
///
/// Needs root, and Debian's `util-linux` and `busybox-static`.
package final class PrivateHost: Sendable {
  package static let isPossible = geteuid() == 0 && Programs.exist("unshare", "nsenter", "busybox")

  /// A name that control groups of its processes carry, so that these can be removed afterwards.
  package let name: String
  private let server: LeashedServer

  package init() throws {
    server = try LeashedServer(
      start: #"unshare --mount --pid --net --ipc --uts --fork --kill-child --propagation private bash "$folder/init" "$folder""#,
      files: ["init": Self.initScript],
      clear: """
        init=$(cat "$folder/init.pid")
        kill -KILL $init
        for try in $(seq 200); do [ -e /proc/$init ] || break; sleep 0.05; done
        find /sys/fs/cgroup -depth -type d -path "*/$(basename "$folder")*" -exec rmdir {} +
        for id in $(ls "$folder/engine/vfs-containers"); do find /sys/fs/cgroup -depth -type d -name "*$id*" -exec rmdir {} +; done
        """,
      isReady: { FileManager.default.fileExists(atPath: $0 + "/init.pid") })
    name = URL(filePath: server.folder).lastPathComponent
  }

  /// The same path inside and outside.
  package var folder: String { server.folder }

  /// Returns when all is gone. Otherwise done when the test lets go of it.
  package func stop() { server.stop() }

  /// Runs a program inside to its end, as root, with nothing of the caller's environment.
  ///
  /// - Parameter folder: where it runs; the root folder if left out.
  @discardableResult
  package func run(_ command: [String], environment: [String: String] = [:], in folder: String = "/") throws -> Program.Output {
    try start(command, environment: environment, in: folder).wait()
  }

  /// A signal to what this returns reaches `nsenter` only, not the program inside.
  package func start(_ command: [String], environment: [String: String] = [:], in folder: String = "/") throws -> Program.Running {
    let identifier = try String(contentsOfFile: server.folder + "/init.pid", encoding: .utf8).trimmingCharacters(
      in: .whitespacesAndNewlines)
    let variables = Self.environment.merging(environment) { $1 }.map { "\($0)=\($1)" }.sorted()
    return try Program.start(
      "/usr/bin/env",
      ["nsenter", "--target", identifier, "--all", "env", "-i"] + variables + ["sh", "-c", #"cd "$0" && exec "$@""#, folder] + command)
  }

  private static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"]

  /// Process 1 of the machine. Each mount is bound by itself: a recursive bind would take in what is being built.
  private static let initScript = #"""
    set -eu
    folder=$1
    read -r identifier _ </proc/self/stat
    mkdir "$folder/writes"
    mount -t tmpfs -o mode=755 akiba-host "$folder/writes"
    cd "$folder/writes"
    mkdir changes work root
    mount -t overlay -o "lowerdir=/,upperdir=$PWD/changes,workdir=$PWD/work" akiba-host root
    mount -t proc proc root/proc
    mount -t sysfs sysfs root/sys
    awk '{ print $5 }' /proc/self/mountinfo >mounts
    while read -r target; do
      target=$(printf '%b' "$target")
      case "$target/" in
        // | /proc/* | /run/* | /var/run/* | /tmp/* | /sys/) ;;
        *) [ ! -e "root$target" ] || mount --bind "$target" "root$target" ;;
      esac
    done <mounts
    mount -t tmpfs -o mode=755 run root/run
    mount --bind /tmp root/tmp
    mkdir root/.outside
    pivot_root root root/.outside
    cd /
    umount --lazy /.outside
    rmdir /.outside
    busybox ip link set lo up
    busybox hostname cht
    echo "$identifier" >"$folder/init.pid.new"
    mv "$folder/init.pid.new" "$folder/init.pid"
    sleep infinity &
    wait
    """#
}
