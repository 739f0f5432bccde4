import Primitives
import Remotes
import SystemPackage

/// The way without Akiba: stock restic, and nothing but what is on the page.
struct ResticSteps {
  private static let folder = "~/akiba-kit"
  private static let keyFile = "recovery.key"

  let kit: Kit

  var blocks: [Page.Block] {
    [
      .heading(2, "With stock restic alone"),
      .text(
        "As root (`sudo -i`). restic 0.14 or newer (`restic version`); where the system's is older, take one from "
          + "https://github.com/restic/restic/releases"),
      .shell("apt-get update && apt-get install --yes restic ca-certificates openssh-client"),
      .heading(3, "The key"), .text("First, the recovery key into a file, out of the shell's history:"), .shell(key),
      .text("It has to print `\(Kit.check(of: kit.recoveryKey))`; anything else is a typing error. Then one of the locations."),
    ]
      + kit.locations.flatMap { location -> [Page.Block] in
        [.heading(3, "restic from \(location.name)")] + remarks(location).map { .text($0) } + [.shell(commands(location))]
      } + [
        .text(
          "`sha256sum` says nothing if every file is what was backed up. Older snapshots: `snapshots` instead of `restore latest …`; tag "
            + "`akiba-suspect` means that the source lacked something then. A disk that cannot be written: `--no-lock`.")
      ]
  }

  private var key: String {
    """
    unset HISTFILE
    umask 077
    mkdir -p \(Self.folder) && cd \(Self.folder)
    \(Self.file(Self.keyFile, kit.recoveryKey))
    sha256sum \(Self.keyFile) | cut -c 1-8
    """
  }

  private func remarks(_ location: Kit.Location) -> [String] {
    guard case .remote(let remote) = location.location.place, remote.kind != .sftp, location.credentials == .leftOut else { return [] }
    return ["Type the credentials where … stands."]
  }

  private func commands(_ location: Kit.Location) -> String {
    let access = ResticAccess(location: location)
    let tag = "deployment:\(kit.deployment)"
    // A comma would be another tag.
    let tagged = tag.contains(",") ? "" : " --tag \(tag.asShellWord)"
    return
      (["unset HISTFILE", "cd \(Self.folder) && umask 077"] + access.preparation.map { Self.file($0.name, $0.text) } + access.variables + [
        "restic \((access.options + ["--password-file \(Self.keyFile)"]).joined(separator: " ")) \\",
        "  restore latest\(tagged) --target \(KitPage.target)",
        "cd \(KitPage.target)/akiba && sha256sum --quiet --check SHA256SUMS",
      ]).joined(separator: "\n")
  }

  /// A shell's own words: no process has the text on its command line.
  private static func file(_ name: String, _ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var end = "END"
    while lines.contains(Substring(end)) { end += "D" }
    return "cat >\(name.asShellWord) <<'\(end)'\n\(text.hasSuffix("\n") ? String(text.dropLast()) : text)\n\(end)"
  }
}

/// How stock restic gets to one location.
struct ResticAccess {
  struct File {
    let name: String
    let text: String
  }

  let location: Kit.Location
  private var name: String { location.name }

  /// Files to be written beside the key.
  var preparation: [File] {
    var files: [File] = []
    switch location.location.place {
    case .remote(let remote) where remote.kind == .s3: files.append(File(name: "\(name).env", text: keys))
    case .remote(let remote) where remote.kind == .rest: files.append(File(name: "\(name).repository", text: address(with: remote)))
    default: break
    }
    if let authority = location.authority { files.append(File(name: "\(name).ca.pem", text: authority)) }
    if let ssh = location.ssh {
      files.append(File(name: "\(name).ssh_config", text: ssh.configuration))
      if !ssh.knownHosts.isEmpty { files.append(File(name: "\(name).known_hosts", text: ssh.knownHosts)) }
    }
    return files
  }

  /// Commands for the environment.
  var variables: [String] {
    guard case .remote(let remote) = location.location.place, remote.kind == .s3 else { return [] }
    return [". ./\("\(name).env".asShellWord)"]
  }

  var options: [String] {
    var options: [String] = []
    switch location.location.place {
    case .folder(let folder): options.append("--repo \(folder.string.asShellWord)")
    case .remote(let remote) where remote.kind == .rest: options.append("--repository-file \("\(name).repository".asShellWord)")
    case .remote(let remote): options.append("--repo \(remote.address.asShellWord)")
    }
    if location.authority != nil { options.append("--cacert \("\(name).ca.pem".asShellWord)") }
    if let lookup { options.append("-o s3.bucket-lookup=\(lookup)") }
    if let ssh = location.ssh { options.append("-o \("sftp.command=\(command(ssh))".asShellWord)") }
    return options
  }

  private var keys: String {
    guard case .remote(let remote) = location.location.place else { return "" }
    var lines = ["export AWS_ACCESS_KEY_ID=…", "export AWS_SECRET_ACCESS_KEY=…"]
    if case .s3(let accessKey, let secret)? = location.credentials {
      lines = ["export AWS_ACCESS_KEY_ID=\(accessKey.asShellWord)", "export AWS_SECRET_ACCESS_KEY=\(secret.asShellWord)"]
    }
    if let region = remote.region { lines.append("export AWS_DEFAULT_REGION=\(region.asShellWord)") }
    return lines.joined(separator: "\n")
  }

  /// With user and password in it: older ones of restic know no other way, and none prints it.
  private func address(with remote: Configuration.Remote) -> String {
    let login =
      switch location.credentials {
      case .rest(let user, let password)?: "\(PercentEncoding.encode(user)):\(PercentEncoding.encode(password))@"
      case .leftOut?: "…:…@"
      default: ""
      }
    return remote.address.replacing("://", with: "://\(login)", maxReplacements: 1)
  }

  private var lookup: String? {
    guard case .remote(let remote) = location.location.place else { return nil }
    return remote.addressing.map { $0 == .path ? "path" : "dns" }
  }

  private func command(_ ssh: Kit.SSH) -> String {
    let host: String
    if case .remote(let remote) = location.location.place, let place = try? SFTPPlace(parsing: remote.address) {
      host = place.host
    } else {
      host = name
    }
    let known = "-o \("UserKnownHostsFile=\(name).known_hosts".asShellWord) -o StrictHostKeyChecking=yes -o UpdateHostKeys=no "
    return "ssh -F \("\(name).ssh_config".asShellWord) \(ssh.knownHosts.isEmpty ? "" : known)\(host) -s sftp"
  }
}
