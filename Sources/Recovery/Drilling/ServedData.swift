package import CouchFormat
import Deployments
package import Primitives

/// What a server on a restored data folder has to answer, read from the files before it starts.
package struct ServedData: Sendable {
  /// Of each database, and as many with attachments; with thousands of databases fewer, for they are held in memory.
  private static let sample = 20
  private static let sampleOfAll = 4000

  package let node: String
  package private(set) var databases: [ServedDatabase] = []

  /// - Parameters:
  ///   - subject: a restored folder of one node.
  ///   - seed: chooses the documents that are compared whole.
  package init(_ subject: ProofSubject, seed: ContentID) async throws {
    guard subject.nodes.count == 1, let name = subject.nodes[0].name else {
      throw RecoveryError(.notPossible, "a server is started on the data of one node", hints: ["use --offline"])
    }
    node = name
    let sample = max(1, min(Self.sample, Self.sampleOfAll / max(1, subject.manifest?.databases.count ?? 1)))
    var databases: [ServedDatabase] = []
    try await Answers(about: subject).forEachDatabase { entry, shards in
      databases.append(
        try ServedDatabase(entry.database, isPartitioned: entry.isPartitioned, shards, sample: sample, seed: seed))
    }
    self.databases = databases
  }
}
