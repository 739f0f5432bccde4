import Files
import Primitives

/// An export was not begun, or not brought to its end.
package struct ExportError: Explainable {
  package enum Kind: Sendable {
    /// The folder is none an export may write into.
    case unusableTarget
    /// Another export writes into it.
    case inUse
    case tooLittleSpace
    /// The source has less than the tree in the folder; it is not replaced without a person's word.
    case wentBack
    case cannotWrite
  }

  package let kind: Kind
  package let summary: String
  package let hints: [String]

  init(_ kind: Kind, _ summary: String, hints: [String] = []) {
    self.kind = kind
    self.summary = summary
    self.hints = hints
  }

  /// Runs what writes into the target: its errors must not be taken for those of a source that cannot be read.
  static func writing<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as FileError {
      throw ExportError(.cannotWrite, error.summary, hints: error.hints)
    }
  }
}
