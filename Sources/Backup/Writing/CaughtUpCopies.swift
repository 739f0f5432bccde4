import Primitives
import Repositories
import ResticFormat
import Stores

/// The locations of a run, those that had been away brought up to date first, so that one set of packs serves all.
struct CaughtUpCopies {
  private(set) var copies: [Repository] = []
  /// Of the copies, in their order.
  private(set) var indexes: [RepositoryIndex] = []
  private(set) var failures: [StoreFailure] = []
  /// Bytes copied, by address.
  private(set) var bytes: [String: Int] = [:]

  init(_ locked: [Repository]) async throws {
    var newest: [(copy: Repository, last: StoredSnapshot?, ids: Set<ContentID>)] = []
    for copy in locked {
      do {
        let snapshots = try await copy.snapshots().snapshots
        newest.append((copy, snapshots.last, Set(snapshots.map(\.id))))
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        failures.append(StoreFailure(address: copy.address, error: error))
      }
    }
    guard let ahead = newest.max(by: { ($0.last?.snapshot.time).orOldest < ($1.last?.snapshot.time).orOldest }) else {
      if let first = failures.first { throw first.error }
      return
    }
    for (copy, _, ids) in newest {
      if let last = ahead.last, !ids.contains(last.id) {
        do {
          bytes[copy.address] = try await CatchUp.copy(from: ahead.copy, to: copy).bytes
        } catch is CancellationError {
          throw CancellationError()
        } catch {
          failures.append(StoreFailure(address: copy.address, error: error))
          continue
        }
      }
      copies.append(copy)
    }
    try await loadIndexes()
  }

  /// A location whose index is damaged is no place to write to; the others are.
  private mutating func loadIndexes() async throws {
    let results = try await RepositoryIndex.loadEach(copies)
    var readable: [Repository] = []
    for (copy, result) in zip(copies, results) {
      switch result {
      case .success(let index):
        readable.append(copy)
        indexes.append(index)
      case .failure(let error): failures.append(StoreFailure(address: copy.address, error: error))
      }
    }
    copies = readable
    if copies.isEmpty, let first = failures.first { throw first.error }
  }
}

extension Timestamp? {
  /// A location without snapshots is the oldest of all.
  fileprivate var orOldest: Timestamp { self ?? Timestamp(seconds: .min / 2) }
}
