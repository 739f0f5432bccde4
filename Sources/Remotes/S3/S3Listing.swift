/// A page of ListObjectsV2.
package struct S3Listing {
  package struct Row: Hashable {
    package let key: String
    /// In bytes.
    package let byteCount: Int
  }

  package let rows: [Row]
  /// What the next page is asked for with; `nil` on the last.
  package let next: String?

  /// - Returns: `nil` if the answer is no listing, or not a whole one.
  package init?(_ body: [UInt8]) {
    guard let element = S3XML.root(of: body), element.name == "ListBucketResult" else { return nil }
    var rows: [Row] = []
    for child in element.children where child.name == "Contents" {
      guard let key = child["Key"], let size = child["Size"].flatMap({ Int($0) }), size >= 0 else { return nil }
      rows.append(Row(key: key, byteCount: size))
    }
    self.rows = rows
    let token = element["NextContinuationToken"].flatMap { $0.isEmpty ? nil : $0 }
    switch element["IsTruncated"] {
    case "true":
      guard let token else { return nil }
      next = token
    case "false": next = nil
    default: return nil
    }
  }
}
