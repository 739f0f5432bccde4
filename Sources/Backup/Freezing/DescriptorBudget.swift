/// How many files a freeze may keep open, and how many bytes it may keep in memory instead.
struct DescriptorBudget {
  /// For locks, the repository, standard streams and what a folder walk opens.
  private static let reserve = 64
  /// Small shards are read whole when descriptors are short.
  static let smallFile = 64 << 10
  private static let mostMemory = 64 << 20
  /// A shard that holds anything has its header in its third block.
  private static let smallestShard = 16 << 10

  private var descriptors: Int
  private var memory: Int

  /// - Parameters:
  ///   - limit: files this process may hold open.
  ///   - files: how many there are. Where memory cannot make up for all descriptors that are missing, it would help a few of many, and none
  ///     is spent on it.
  init(limit: Int, files: Int) {
    descriptors = max(0, limit - Self.reserve)
    memory = files - descriptors <= Self.mostMemory / Self.smallestShard ? Self.mostMemory : 0
  }

  enum Place { case descriptor, memory, path }

  mutating func take(fileOf bytes: Int) -> Place {
    if descriptors > 0 {
      descriptors -= 1
      return .descriptor
    }
    if bytes <= Self.smallFile, bytes <= memory {
      memory -= bytes
      return .memory
    }
    return .path
  }
}
