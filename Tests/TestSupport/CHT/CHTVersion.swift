/// What a version of CHT consists of, as its compose files say.
package struct CHTVersion: Sendable, Equatable {
  package let text: String

  init(_ text: String) { self.text = text }

  static let v4 = CHTVersion("4.5.2")
  static let v5 = CHTVersion("5.2.0")

  package var couchDB: String { isFive ? "3.5.2" : "3.3.2" }

  /// From 5.0 on, compose files have no `version:`, Nouveau takes part and the health check does not.
  var isFive: Bool { text.hasPrefix("5") }

  func image(_ service: String) -> String {
    switch service {
    case "nouveau": "couchdb:\(couchDB)-nouveau"
    case "healthcheck": "public.ecr.aws/medic/cht-haproxy-healthcheck:\(text)"
    case _ where service.hasPrefix("couchdb"): "public.ecr.aws/medic/cht-couchdb:\(text)"
    default: "public.ecr.aws/medic/cht-\(service):\(text)"
    }
  }

  static let upgradeServiceImage = "public.ecr.aws/s5s3h4s7/cht-upgrade-service:latest"
}
