/// How many files a freeze may keep open, and how many bytes it may keep in memory instead.
struct DescriptorBudget {
  /// For locks, the repository, standard streams and what a folder walk opens.
  private static let reserve = 64
  /// Small shards are read whole when descriptors are short.
  static let smallFile = 64 << 10
  private static let mostMemory = 64 << 20

  private var descriptors: Int
  private var memory = mostMemory

  /// - Parameter limit: files this process may hold open.
  init(limit: Int) { descriptors = max(0, limit - Self.reserve) }

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
