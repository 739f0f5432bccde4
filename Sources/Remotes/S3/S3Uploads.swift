/// A page of ListMultipartUploads.
package struct S3Uploads {
  package struct Row: Hashable {
    package let key: String
    package let id: String
    /// Seconds since 1970.
    package let begun: Int
  }

  package let rows: [Row]
  /// What the next page begins behind; `nil` on the last.
  package let next: (key: String, id: String)?

  /// - Returns: `nil` if the answer is no such listing, or not a whole one.
  package init?(_ body: [UInt8]) {
    guard let element = S3XML.root(of: body), element.name == "ListMultipartUploadsResult" else { return nil }
    var rows: [Row] = []
    for child in element.children where child.name == "Upload" {
      guard let key = child["Key"], let id = child["UploadId"], let begun = child["Initiated"].flatMap(S3Time.seconds(iso:)) else {
        return nil
      }
      rows.append(Row(key: key, id: id, begun: begun))
    }
    self.rows = rows
    guard element["IsTruncated"] == "true" else {
      next = nil
      return
    }
    guard let key = element["NextKeyMarker"], let id = element["NextUploadIdMarker"] else { return nil }
    next = (key, id)
  }
}
