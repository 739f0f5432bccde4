import Primitives

/// What a kit says to a person who may never have seen Akiba.
struct KitPage {
  /// Where the commands restore to.
  static let target = "/srv/restored"

  let kit: Kit

  func page() -> Page {
    Page(
      title: "Recovery kit of '\(kit.deployment)'",
      blocks: introduction + recoveryKey + locations + withAkiba + ResticSteps(kit: kit).blocks + afterwards)
  }

  // MARK: What this is

  private var introduction: [Page.Block] {
    [
      .text(
        "With this page and one of the locations below, the deployment can be brought back on a new host. **Secret:** whoever has both can "
          + "read everything that was ever backed up, patients' records too. It belongs to those who may decide about a restore: in a safe, "
          + "in two places, neither of them with the server, nor with a location."),
      .list(
        [
          "deployment `\(kit.deployment)`" + (kit.project.map { ", compose project `\($0)`" } ?? ""),
          "repository `\(kit.repository)`",
          "made \(kit.made) by Akiba \(kit.version) on host `\(kit.host)`, configuration `\(kit.configuration)`",
        ]),
      .text(
        "When locations, credentials or keys change, it is out of date: `akiba status` says so, and `akiba kit --out FOLDER` makes a new one. "
          + "Then destroy this one."),
    ]
  }

  private var recoveryKey: [Page.Block] {
    [
      .heading(2, "Recovery key"), .lines(Self.inRows(kit.recoveryKey)),
      .text(
        "One line, \(Self.description(of: kit.recoveryKey)). It opens the repository at every location, as key `\(kit.keyID.prefix(8))`. "
          + "Typed into a file that ends with one line break, `sha256sum` begins with `\(Kit.check(of: kit.recoveryKey))`; if not, there is a "
          + "typing error."),
    ]
  }

  /// A key that `init` made, four groups a row; any other as it is.
  private static func inRows(_ key: String) -> String {
    let groups = key.split(separator: "-", omittingEmptySubsequences: false)
    guard isOurs(key) else { return key }
    let rows = stride(from: 0, to: groups.count, by: 4).map { groups[$0..<min($0 + 4, groups.count)].joined(separator: "-") }
    return rows.joined(separator: "-\n")
  }

  private static func description(of key: String) -> String {
    guard isOurs(key) else { return "\(key.count) characters, as they are" }
    let groups = key.split(separator: "-").count
    return "\(groups) groups with '-' between them and nothing else; no letter of them is i, l, o or u, so 1 and 0 are digits"
  }

  private static func isOurs(_ key: String) -> Bool {
    let groups = key.split(separator: "-", omittingEmptySubsequences: false)
    return groups.count > 4 && groups.allSatisfy { $0.count == 5 && $0.allSatisfy { $0.isASCII && ($0.isNumber || $0.isLowercase) } }
  }

  // MARK: Locations

  private var locations: [Page.Block] {
    [
      .heading(2, "Locations"), .text("Each holds all that is needed. Take the one that is nearest."),
    ] + kit.locations.flatMap { [.heading(3, "Location \($0.name)"), .list(KitLocationLines(location: $0, host: kit.host).lines)] }
  }

  // MARK: With Akiba

  private var withAkiba: [Page.Block] {
    [
      .heading(2, "With Akiba"),
      .text(
        "On a Debian or Ubuntu host with Docker and Docker Compose, room for the data on the disk that had them, ports 80 and 443 free, and the images of "
          + "CHT within reach (the internet, or `docker load`). All comes back to the paths and names it had. First the program `akiba`, version "
          + "\(kit.version) or newer, of which a copy belongs to this kit (`sudo install -m 755 akiba /usr/local/bin/`), and what it uses:"),
      .shell(
        "sudo apt-get update && sudo apt-get install --yes libcurl4 libzstd1 libsnappy1v5 libxxhash0 zlib1g libsodium23 libssl3 "
          + "ca-certificates openssh-client"),
      .text(
        "No configuration is needed: `kit.yaml`, beside this page, says it all. Go to the folder of the kit (`cd`), then take one of the locations. Older "
          + "snapshots, if `latest` is not the one: `sudo akiba snapshots --kit .`"),
    ] + kit.locations.flatMap(commands) + [.heading(3, "If something comes in between"), .list(interruptions)]
  }

  private func commands(_ location: Kit.Location) -> [Page.Block] {
    let source = "--kit . --location \(location.name.asShellWord)"
    return [
      .heading(3, "Akiba from \(location.name)"),
      .text(
        "One command plans, checks, restores, starts and proves the deployment. With ` --dry-run` at its end it shows the plan and changes nothing. It has "
          + "succeeded when it ends with \u{201C}the deployment is back\u{201D} and what is left for you to do:"),
      .shell("sudo akiba restore latest \(source) --deployment"),
      .text("The longer way restores into a folder and proves it; then follow `\(Self.target)/akiba/RECOVERY.md`:"),
      .shell(
        """
        sudo akiba restore latest \(source) --to \(Self.target)
        sudo akiba verify --restored \(Self.target)
        """),
    ]
  }

  private var interruptions: [String] {
    let hasSFTP = kit.locations.contains { if case .remote(let remote) = $0.location.place { remote.kind == .sftp } else { false } }
    return [
      "Interrupted, by ^C or by a power cut: the same command again goes on where it stopped. CHT may be stopped meanwhile, and nothing starts it. Back to what was "
        + "there before: `sudo akiba restore --roll-back`",
      "It refuses because something is there already: it says what, and which option moves that aside. Nothing is deleted.",
      "A disk that is mounted elsewhere now: `--repository FOLDER` instead of `--location`.",
      "From paper alone, with the key typed into `recovery.key` and ADDRESS as under \u{201C}Locations\u{201D}: "
        + "`sudo akiba restore latest --repository ADDRESS --key-file recovery.key --to \(Self.target)`"
        + (hasSFTP
          ? ". For SFTP first put the `Host` lines of \u{201C}restic from …\u{201D} below into `/root/.ssh/config`, and its line of `known_hosts` into "
            + "`/root/.ssh/known_hosts`" : ""),
    ]
  }

  private var afterwards: [Page.Block] {
    [
      .heading(2, "Then"),
      .text(
        "After a restore into a folder, `\(Self.target)` holds everything: follow `\(Self.target)/akiba/RECOVERY.md`. It has this deployment's paths, names and "
          + "versions, and the order of steps. After the one command nothing of that is needed."),
      .text("When the deployment runs again, nothing backs it up yet: `akiba init`, `akiba backup`, and a new kit."),
    ]
  }
}
