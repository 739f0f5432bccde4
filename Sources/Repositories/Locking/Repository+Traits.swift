package import Stores

extension Repository {
  /// What its place really does, found out by trying.
  ///
  /// Tried with a lock of this run that holds nothing: if the run ends in the middle, what it leaves is removed by the next one, ours or
  /// restic's, as the lock of a process that is gone.
  package func traits() async throws -> StoreTraits { try await store.traits(trying: HeldLock.trial(self)) }
}
