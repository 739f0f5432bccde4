package import CouchFormat

extension FindingKind {
  package static let secretMissing = Self(rawValue: "secret-missing")
  package static let uuidMissing = Self(rawValue: "uuid-missing")
  package static let credentialsDiffer = Self(rawValue: "credentials-differ")
  package static let adminPasswordPlain = Self(rawValue: "admin-password-plain")
}

extension CouchSettings {
  /// What is missing in the credentials volume, and where `.env` says something else.
  ///
  /// CHT's entrypoint writes admin, secret and uuid only where they are absent: the volume wins over `.env`.
  /// - Parameter intended: The variables of `.env`. An empty value is none: the entrypoint makes one up.
  package func findings(intended: [String: String]) -> [Finding] {
    missing(intended) + differing(intended) + plainText()
  }

  private func missing(_ intended: [String: String]) -> [Finding] {
    var findings: [Finding] = []
    if sessionSecret == nil {
      let isKnown = intended["COUCHDB_SECRET"]?.isEmpty == false
      findings.append(
        Finding(
          isKnown ? .warning : .error, .secretMissing,
          message: "the credentials volume holds no secret\(isKnown ? ", only '.env' does" : ""): "
            + "with another one everybody is logged out and the credentials in 'medic-vault' cannot be decrypted",
          remedy: "name the folder mounted as /opt/couchdb/etc/local.d; it has '[couch_httpd_auth] secret'"))
    }
    if uuid == nil {
      findings.append(
        Finding(
          .warning, .uuidMissing,
          message: "the credentials volume holds no server uuid: with another one phones lose their checkpoints and sync from the start",
          remedy: "name the folder mounted as /opt/couchdb/etc/local.d; it has '[couchdb] uuid'"))
    }
    return findings
  }

  private func differing(_ intended: [String: String]) -> [Finding] {
    func isOther(_ variable: String, than value: Secret?) -> Bool {
      guard let wanted = intended[variable], !wanted.isEmpty, let value else { return false }
      return Secret(wanted) != value
    }
    var variables: [String] = []
    if isOther("COUCHDB_SECRET", than: vaultSecret ?? sessionSecret) { variables.append("COUCHDB_SECRET") }
    if isOther("COUCHDB_UUID", than: uuid.map { Secret($0) }) { variables.append("COUCHDB_UUID") }
    if let user = intended["COUCHDB_USER"], !user.isEmpty, !admins.isEmpty, !admins.contains(user) { variables.append("COUCHDB_USER") }
    return variables.map { variable in
      Finding(
        .warning, .credentialsDiffer,
        message: "\(variable) in '.env' is not what the credentials volume holds; CouchDB uses the volume's",
        remedy: "correct '.env', or a new volume made from it would differ: CHT writes only what is absent there")
    }
  }

  private func plainText() -> [Finding] {
    plainTextAdmins.map { name in
      Finding(
        .warning, .adminPasswordPlain, message: "the password of admin '\(name)' stands unhashed in the credentials volume",
        remedy: "start CouchDB once: it replaces the password by its hash")
    }
  }
}
