package enum Statistics {
  /// The middle one, or the mean of the two in the middle; `nil` of nothing.
  package static func median(_ values: [Double]) -> Double? {
    if values.isEmpty { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }

  /// The median of the ratios of one round each: what slows a whole round down counts for both.
  ///
  /// - Parameters: round → value. Rounds that one of them lacks are left out.
  package static func pairedRatio(_ ours: [Int: Double], _ theirs: [Int: Double]) -> Double? {
    median(ours.compactMap { round, value in theirs[round].flatMap { $0 > 0 ? value / $0 : nil } })
  }
}
