package import Primitives

/// One shard of a database with its indexes: what `DatabaseAnswers` is made from.
package struct AnswerShard: Sendable {
  package let file: DatabaseFile
  /// By signature.
  package let indexes: [String: Index]

  package struct Index: Sendable {
    package let source: any RandomAccess
    package let header: ViewHeader

    package init(source: any RandomAccess, header: ViewHeader) {
      self.source = source
      self.header = header
    }
  }

  package init(file: DatabaseFile, indexes: [String: Index] = [:]) {
    self.file = file
    self.indexes = indexes
  }
}
