/// A bucket's default retention.
package struct ObjectLock: CustomStringConvertible {
  /// `object lock, compliance, 30 days`.
  package let description: String

  /// - Returns: `nil` if the answer names none.
  package init?(_ body: [UInt8]) {
    guard let element = S3XML.root(of: body), element.name == "ObjectLockConfiguration", element["ObjectLockEnabled"] == "Enabled" else {
      return nil
    }
    let rule = element.children.first { $0.name == "Rule" }?.children.first { $0.name == "DefaultRetention" }
    let time = [("Days", "day"), ("Years", "year")].lazy.compactMap { name, unit in
      rule?[name].flatMap { Int($0) }.map { "\($0) \(unit)\($0 == 1 ? "" : "s")" }
    }.first
    description = ["object lock", rule?["Mode"]?.lowercased(), time].compactMap(\.self).joined(separator: ", ")
  }
}
