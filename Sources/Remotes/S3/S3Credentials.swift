import Stores
package import SystemPackage

/// An access key with its secret. Printed, it shows the access key alone.
package struct S3Credentials: Sendable, Hashable {
  package let accessKey: String
  package let secretKey: String
  /// Of credentials that last for some hours.
  package let sessionToken: String?

  package init(accessKey: String, secretKey: String, sessionToken: String? = nil) {
    self.accessKey = accessKey
    self.secretKey = secretKey
    self.sessionToken = sessionToken
  }
}

extension S3Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "access key '\(accessKey)'" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: ["accessKey": accessKey]) }
}

extension S3Credentials {
  /// Where an access key comes from. It is asked at every request, so that renewed session tokens are seen.
  package enum Source: Sendable {
    /// `nil`: nobody gave one.
    case given(S3Credentials?)
    /// In the format of `~/.aws/credentials`.
    case file(FilePath, profile: String)

    package static let usualProfile = "default"

    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if set, `AWS_SESSION_TOKEN`.
    package static func environment(_ variables: [String: String]) -> Source {
      func value(_ name: String) -> String? { variables[name].flatMap { $0.isEmpty ? nil : $0 } }
      guard let access = value("AWS_ACCESS_KEY_ID"), let secret = value("AWS_SECRET_ACCESS_KEY") else { return .given(nil) }
      return .given(S3Credentials(accessKey: access, secretKey: secret, sessionToken: value("AWS_SESSION_TOKEN")))
    }

    /// - Throws: `StoreError` with kind `denied`.
    package func credentials(for store: String) throws -> S3Credentials {
      let credentials =
        switch self {
        case .given(let credentials): try given(credentials, for: store)
        case .file(let path, let profile): try CredentialsFile.read(path, profile: profile)
        }
      guard credentials.isSendable else {
        throw StoreError(
          .denied, "the access key for store '\(store)' has a character that no access key has",
          hints: ["copy access key, secret and token again, without blanks and line breaks"])
      }
      return credentials
    }

    private func given(_ credentials: S3Credentials?, for store: String) throws -> S3Credentials {
      if let credentials { return credentials }
      throw StoreError(
        .denied, "there are no credentials for store '\(store)'",
        hints: ["set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file in the location's 'credentials'"])
    }
  }

  /// What is not could end up as a header of its own.
  private var isSendable: Bool {
    [accessKey, secretKey, sessionToken ?? "none"].allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } }
  }
}
