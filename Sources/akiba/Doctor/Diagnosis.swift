import CouchFormat

/// What the doctor looked at: what is well, in a line each, and what is not, with its remedy.
struct Diagnosis {
  struct Good {
    let subject: String
    let text: String
  }

  private(set) var good: [Good] = []
  /// Neither well nor a finding: what somebody may want to do.
  private(set) var remarks: [Good] = []
  private(set) var findings: [Finding] = []

  mutating func note(_ subject: String, _ text: String) { good.append(Good(subject: subject, text: text)) }

  mutating func remark(_ subject: String, _ text: String) { remarks.append(Good(subject: subject, text: text)) }

  mutating func add(_ findings: [Finding]) { self.findings += findings }

  mutating func warn(_ kind: FindingKind, _ subject: String, _ message: String, remedy: String) {
    findings.append(Finding(.warning, kind, file: subject, message: message, remedy: remedy))
  }

  mutating func fail(_ kind: FindingKind, _ subject: String, _ message: String, remedy: String) {
    findings.append(Finding(.error, kind, file: subject, message: message, remedy: remedy))
  }

  var errors: Int { findings.count { $0.severity == .error } }
  var warnings: Int { findings.count - errors }
}

/// What only the doctor finds.
extension FindingKind {
  static let dataUnreadable = Self(rawValue: "data-unreadable")
  static let descriptorsFew = Self(rawValue: "descriptors-few")
  static let diskLow = Self(rawValue: "disk-low")
  static let locationUnusable = Self(rawValue: "location-unusable")
  static let locationForgetful = Self(rawValue: "location-forgetful")
  static let drillDue = Self(rawValue: "drill-due")
  static let locationOnDataDisk = Self(rawValue: "location-on-data-disk")
  static let locationAlone = Self(rawValue: "location-alone")
  static let keyExposed = Self(rawValue: "key-exposed")
  static let recoveryKeyHere = Self(rawValue: "recovery-key-here")
  static let clockUnsynchronized = Self(rawValue: "clock-unsynchronized")
  static let clockBehind = Self(rawValue: "clock-behind")
  static let snapshotOld = Self(rawValue: "snapshot-old")
  static let notRoot = Self(rawValue: "not-root")
}
