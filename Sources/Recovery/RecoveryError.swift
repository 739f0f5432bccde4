import Primitives

/// A restore or proof was refused. Errors of files, repositories and stores pass through as they are.
package struct RecoveryError: Explainable {
  package enum Kind: Sendable {
    case targetNotEmpty, targetInUse, tooLittleSpace, nothingSelected, notARestore, damagedSnapshot, damagedJournal, notPossible, refused
    /// Not one, or one that the shard map does not have.
    case nodeName
    /// A live data folder has it.
    case alreadyThere
  }

  package let kind: Kind
  package let summary: String
  package let hints: [String]

  package init(_ kind: Kind, _ summary: String, hints: [String] = []) {
    self.kind = kind
    self.summary = summary
    self.hints = hints
  }
}
