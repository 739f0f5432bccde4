import Primitives

/// A Docker engine that cannot be asked, or an answer it should not have given.
package struct DockerError: Explainable {
  package enum Kind: Sendable {
    /// `DOCKER_HOST` or the context names a place we cannot speak to.
    case unsupportedEndpoint
    /// Something answers, but not a Docker engine.
    case notAnEngine
    case tooOld
    case noSuchContainer
    case noSuchImage
    /// The container is there, the path in it is not.
    case noSuchPath
    /// The engine answered with a failure.
    case refused
    /// The engine's answer is not what its documentation says.
    case malformed
  }

  package let kind: Kind
  package let summary: String
  package let hints: [String]

  init(_ kind: Kind, _ summary: String, hints: [String] = []) {
    self.kind = kind
    self.summary = summary
    self.hints = hints
  }
}
