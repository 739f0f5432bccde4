/// What making or advancing a folder did, in files and bytes.
package struct FolderChanges: Codable, Sendable {
  package var untouched = 0
  package var created = 0
  package var grown = 0
  /// Truncated and written anew in place.
  package var reset = 0
  /// Another file under the same name.
  package var replaced = 0
  package var removed = 0
  /// To the files that grew.
  package var bytesAppended = 0
  package var bytesWritten = 0
  /// Of the whole folder afterwards.
  package var files = 0
  package var bytes = 0
}
