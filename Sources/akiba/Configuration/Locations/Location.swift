import Remotes
import Repositories
import SystemPackage

extension Configuration {
  /// One place that keeps snapshots: where it is, what it is, and what may be asked of it.
  struct Location: Sendable, Equatable {
    let name: String
    let place: Place
    /// What kind of medium, in the hoster's words: `disk`, `usb-disk`, `object-storage`. Two of one word fail alike.
    var medium: String?
    /// Where it stands: a town, a room.
    var site: String?
    /// Out of reach of a fire, a flood and a thief at the host's place.
    var isOffSite = false
    /// May be away; then backups go on without it.
    var removal: Removal?
    /// Bytes a second, both directions together. Remote places only.
    var bandwidth: Int?
    /// Seconds for which a remote place that does not answer is tried again.
    var patience: Int?
    /// What prune leaves there; `nil`: everything.
    var keep: RetentionPolicy?
    /// Seconds within which it has to be drilled again.
    var drillWithin: Int?
    /// Where the configuration names it.
    var line: Int?

    /// A drive that is carried away.
    struct Removal: Sendable, Equatable {
      /// Seconds after it was last seen.
      let backWithin: Int
    }

    /// As stock restic takes it; never with a password.
    var address: String { place.address }

    /// `nil` for remote places.
    var folder: FilePath? { if case .folder(let folder) = place { folder } else { nil } }
  }

  /// Where a location's objects lie.
  enum Place: Sendable, Equatable {
    case folder(FilePath)
    case remote(Remote)

    var address: String {
      switch self {
      case .folder(let folder): folder.string
      case .remote(let remote): remote.address
      }
    }
  }

  /// A place that is reached over a network.
  struct Remote: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable { case sftp, s3, rest }

    let kind: Kind
    /// As stock restic takes it: `sftp:user@host:/folder`, `s3:https://endpoint/bucket/prefix`, `rest:https://host:8000/folder/`.
    let address: String
    /// S3: as AWS's tools read it. REST: lines `RESTIC_REST_USERNAME=…` and `RESTIC_REST_PASSWORD=…`.
    var credentials: FilePath?
    /// Certificates (PEM) to be trusted instead of the system's.
    var authority: FilePath?
    /// S3 only.
    var region: String?
    /// S3 only.
    var addressing: S3Place.Addressing?
    /// SFTP only: a configuration of ssh, instead of this user's.
    var sshConfiguration: FilePath?
  }
}
