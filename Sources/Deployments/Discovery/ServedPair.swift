import CouchFormat
import Primitives
import Remotes

/// Whether nginx serves the certificate that lies in the ssl volume: a renewed one is served only after a reload.
struct ServedPair {
  private static let httpsPort: UInt16 = 443

  let nginx: DockerContainer

  func compare(_ found: inout FoundDeployment) async {
    guard let certificate = found.installation.certificate, nginx.isRunning,
      let port = nginx.ports.first(where: { $0.port == Self.httpsPort }), let hostPort = port.hostPort
    else { return }
    let isAnywhere = ["", "0.0.0.0", "::"].contains(port.hostAddress)
    do {
      let pem = try await ServedCertificate.fetch(host: isAnywhere ? "127.0.0.1" : port.hostAddress, port: hostPort)
      guard let served = CertificateFacts(pem: pem) else { return }
      let isSame = served.fingerprint.hex == certificate.sha256
      found.installation.certificate?.isServed = isSame
      if !isSame {
        found.warn(
          .certificateNotServed, nginx.name,
          "nginx serves another certificate (\(served.subject), until \(served.notAfterText)) than the one in its volume",
          remedy: "docker exec \(nginx.name) nginx -s reload")
      }
    } catch {
      found.didNotLearn("which certificate nginx serves: \((error as? any Explainable)?.summary ?? "\(error)")")
    }
  }
}
