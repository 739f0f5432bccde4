/// What the deployment that is measured looks like.
package enum Shape: String, CaseIterable, Codable, Sendable {
  /// Many databases: the corpus' deployment over and over.
  case many
  /// The databases of the corpus, in large files with dead bytes of older revisions before the newest header.
  case large
  /// Very many small files: one database for each of thousands of users.
  case users
}
