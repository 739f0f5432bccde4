import Foundation

/// Numbers as the tables have them.
package enum Wording {
  package static func megabytes(_ bytes: Int) -> String { number(Double(bytes) / 1e6) }

  /// Three digits that matter, never more than three decimals.
  package static func number(_ value: Double) -> String {
    let size = abs(value)
    let decimals = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3
    return String(format: "%.\(decimals)f", value)
  }
}
