import Synchronization

/// How many files a freeze may keep open, and how many bytes it may keep in memory instead.
final class DescriptorBudget: Sendable {
  /// For locks, the repository, standard streams and what a folder walk opens.
  private static let reserve = 64
  /// Small shards are read whole when descriptors are short.
  static let smallFile = 64 << 10
  private static let mostMemory = 64 << 20
  /// A shard that holds anything has its header in its third block.
  private static let smallestShard = 16 << 10

  private struct Left {
    var descriptors: Int
    var memory: Int
  }

  private let left: Mutex<Left>

  /// - Parameters:
  ///   - limit: files this process may hold open.
  ///   - files: how many there are. Where memory cannot make up for all descriptors that are missing, it would help a few of many, and none
  ///     is spent on it.
  init(limit: Int, files: Int) {
    let descriptors = max(0, limit - Self.reserve)
    let isEnough = files - descriptors <= Self.mostMemory / Self.smallestShard
    left = Mutex(Left(descriptors: descriptors, memory: isEnough ? Self.mostMemory : 0))
  }

  enum Place { case descriptor, memory, path }

  func take(fileOf bytes: Int) -> Place {
    left.withLock { left in
      if left.descriptors > 0 {
        left.descriptors -= 1
        return .descriptor
      }
      if bytes <= Self.smallFile, bytes <= left.memory {
        left.memory -= bytes
        return .memory
      }
      return .path
    }
  }
}
