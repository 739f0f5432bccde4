import Stores

extension S3Failure {
  /// What a status and S3's word for it come to.
  ///
  /// Source: the S3 API reference, "Error responses", and what SeaweedFS and MinIO's gateway answer.
  enum Meaning {
    case notThere, noBucket, otherRegion, wrongSecret, unknownKey, expired, forbidden, skewedClock, full, present, beyondEnd, passing,
      unknown

    init(status: Int, code: String?, isDiskFull: Bool = false) {
      self = isDiskFull ? .full : code.flatMap(Self.init(code:)) ?? Self(status: status)
    }

    private init?(code: String) {
      switch code {
      case "NoSuchKey", "NoSuchVersion", "NoSuchUpload": self = .notThere
      case "NoSuchBucket": self = .noBucket
      case "PermanentRedirect", "TemporaryRedirect", "Redirect", "AuthorizationHeaderMalformed", "InvalidRegion",
        "IllegalLocationConstraintException":
        self = .otherRegion
      case "SignatureDoesNotMatch": self = .wrongSecret
      case "InvalidAccessKeyId": self = .unknownKey
      case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken", "InvalidTokenId": self = .expired
      case "RequestTimeTooSkewed", "RequestExpired": self = .skewedClock
      case "QuotaExceeded", "EntityTooLarge", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientStorage": self = .full
      case "PreconditionFailed": self = .present
      case "InvalidRange": self = .beyondEnd
      // Changed on its way: sent again it may arrive.
      case "BadDigest", "XAmzContentSHA256Mismatch", "IncompleteBody": self = .passing
      case "SlowDown", "RequestTimeout", "OperationAborted", "ConditionalRequestConflict", "InternalError", "ServiceUnavailable":
        self = .passing
      default:
        return nil
      }
    }

    private init(status: Int) {
      self =
        switch status {
        case 301, 302, 307, 308: .otherRegion
        case 401, 403, 405: .forbidden
        case 404: .notThere
        case 408, 409, 425, 429: .passing
        case 412: .present
        case 413, 507: .full
        case 416: .beyondEnd
        case 501: .unknown
        case 500...: .passing
        default: .unknown
        }
    }

    var kind: StoreError.Kind {
      switch self {
      case .notThere: .notFound
      case .noBucket, .otherRegion: .noSuchPlace
      case .wrongSecret, .unknownKey, .expired, .forbidden, .skewedClock: .denied
      case .full: .full
      case .present: .alreadyExists
      case .beyondEnd: .damaged
      case .passing: .unreachable
      case .unknown: .other
      }
    }
  }
}
