package import Primitives
import ResticFormat
import Stores

extension RepositoryIndex {
  /// Index files fetched at once.
  private static let window = 8

  /// Reads all index files of a copy.
  ///
  /// - Throws: `damaged` naming the file; see `loadTolerating` for going on without it.
  package static func load(_ repository: Repository) async throws -> RepositoryIndex {
    try await load(repository, files: try await repository.store.names(of: .index).map(\.name))
  }

  private static func load(_ repository: Repository, files: [ObjectName]) async throws -> RepositoryIndex {
    let (index, damage) = try await loadTolerating(repository, files: files) { _ in true }
    if let first = damage.first { throw first }
    return index
  }

  /// Reads what can be read, and says which index files cannot.
  ///
  /// - Parameter isWanted: packs to take up; the others are passed over.
  package static func loadTolerating(
    _ repository: Repository, packs isWanted: @escaping @Sendable (ContentID) -> Bool = { _ in true }
  ) async throws -> (RepositoryIndex, damage: [RepositoryError]) {
    try await loadTolerating(repository, files: try await repository.store.names(of: .index).map(\.name), packs: isWanted)
  }

  private static func loadTolerating(
    _ repository: Repository, files: [ObjectName], packs isWanted: @escaping @Sendable (ContentID) -> Bool
  ) async throws -> (RepositoryIndex, damage: [RepositoryError]) {
    let index = RepositoryIndex()
    let names = files.sorted { $0.path < $1.path }
    var damage: [RepositoryError] = []
    try await withThrowingTaskGroup(of: RepositoryError?.self) { group in
      for (number, name) in names.enumerated() {
        if number >= window, let error = try await group.next() ?? nil { damage.append(error) }
        group.addTask { try await index.add(name, of: repository, packs: isWanted) }
      }
      for try await error in group { if let error { damage.append(error) } }
    }
    return (index, damage)
  }

  /// Indexes of several copies, in their order. Copies that hold the same index files share one.
  package static func load(_ copies: [Repository]) async throws -> [RepositoryIndex] {
    try await loadEach(copies).map { try $0.get() }
  }

  /// As `load`, but one copy's failure leaves the others theirs.
  package static func loadEach(_ copies: [Repository]) async throws -> [Result<RepositoryIndex, any Error>] {
    var results: [Result<RepositoryIndex, any Error>] = []
    for copy in copies {
      do {
        let files = try await copy.store.names(of: .index).map(\.name)
        let ids = Set(files.compactMap(\.id))
        let same = results.lazy.compactMap { try? $0.get() }.first { $0.fileIDs == ids }
        if let same { results.append(.success(same)) } else { results.append(.success(try await load(copy, files: files))) }
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        results.append(.failure(error))
      }
    }
    return results
  }

  private func add(
    _ name: ObjectName, of repository: Repository, packs isWanted: (ContentID) -> Bool
  ) async throws -> RepositoryError? {
    do {
      add(try await repository.indexedPacks(in: name).filter { isWanted($0.id) }, file: name.id)
      return nil
    } catch let error as RepositoryError {
      return error
    } catch let error as StoreError where error.kind == .notFound {
      return nil  // replaced by a prune between listing and reading; its successor is listed or comes with the next load
    }
  }
}

extension Repository {
  /// What one index file lists.
  func indexedPacks(in name: ObjectName) async throws -> [IndexedPack] {
    let json = try await json(of: name)
    return try damaged(name) { () throws(FormatError) in try IndexFile.decode(json) }
  }
}
