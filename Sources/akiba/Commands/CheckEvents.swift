import Primitives
import Repositories
import Stores

extension Console {
  /// A finding of `check` or `repair` about the location at this address.
  func show(_ finding: CheckFinding, in address: String) {
    emit(CheckFindingEvent(finding, address))
    guard !json else { return }
    let severity = finding.severity == .error ? "error" : "note"
    report("\(severity): \(finding.object) in '\(address)': \(finding.message)" + (finding.remedy.map { "\nhint: \($0)" } ?? ""))
  }
}

struct CheckFindingEvent: Encodable {
  let type = "finding"
  let severity: String
  let location: String
  let object: String
  let kind: String?
  let id: String?
  let path: String?
  let bytes: Int?
  let message: String
  let remedy: String?

  init(_ finding: CheckFinding, _ address: String) {
    severity = finding.severity == .error ? "error" : "note"
    location = address
    object = finding.object
    kind = finding.name?.kind.rawValue
    id = finding.name?.id?.hex
    path = finding.name?.path
    bytes = finding.byteCount
    message = finding.message
    remedy = finding.remedy
  }
}

struct CheckEvent: Encodable {
  let type = "check"
  let location: String
  let sound: Bool
  let snapshots: Int
  let trees: Int
  let blobs: Int
  let packs: Int
  let packsRead: Int
  let bytesRead: Int
  let seconds: Double

  init(_ copy: Repository, _ report: CheckReport, seconds: Double) {
    location = copy.address
    sound = report.isSound
    snapshots = report.snapshots
    trees = report.trees
    blobs = report.blobs
    packs = report.packs
    packsRead = report.packsRead
    bytesRead = report.bytesRead
    self.seconds = seconds
  }

  enum CodingKeys: String, CodingKey {
    case type, location, sound, snapshots, trees, blobs, packs, seconds
    case packsRead = "packs_read"
    case bytesRead = "bytes_read"
  }
}

struct KeylessCheckEvent: Encodable {
  let type = "keyless-check"
  let location: String
  let sound: Bool
  let objects: Int
  let bytesRead: Int
  let seconds: Double

  init(_ address: String, _ report: KeylessReport, seconds: Double) {
    location = address
    sound = report.isSound
    objects = report.objects
    bytesRead = report.bytesRead
    self.seconds = seconds
  }

  enum CodingKeys: String, CodingKey {
    case type, location, sound, objects, seconds
    case bytesRead = "bytes_read"
  }
}
