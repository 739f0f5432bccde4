import Primitives
package import Stores
import Testing

/// What every store promises (`BlobStore`), checked against one. Give it a store whose layout is not created yet.
///
/// - Parameter losesAnswers: it repeats calls whose answer got lost, so it may say of what was never there that it removed it.
package func expectStoreContract(losesAnswers: Bool = false, _ makeStore: () async throws -> any BlobStore) async throws {
  let store = try await makeStore()
  try await store.createLayout()
  try await store.createLayout()

  try await expectEmpty(store)
  try await expectNothingToRemove(store, losesAnswers)
  try await expectObjects(store)
  try await expectConfigIsNeverReplaced(store)
  try await expectRemoval(store, losesAnswers)
  try await expectConcurrency(store)
  try await expectTraits(store)
  #expect(!store.address.isEmpty)
}

func object(_ kind: ObjectName.Kind, _ bytes: [UInt8]) -> (ObjectName, [UInt8]) {
  (ObjectName(kind, ContentID(hashing: bytes)), bytes)
}

private func expectEmpty(_ store: any BlobStore) async throws {
  for kind in ObjectName.Kind.allCases { #expect(try await store.names(of: kind).isEmpty) }
  let (name, _) = object(.pack, [1])
  await expectError(.notFound) { _ = try await store.bytes(of: name, in: nil) }
  await expectError(.notFound) { _ = try await store.bytes(of: .config, in: 0..<1) }
  await expectError(.notFound) { _ = try await store.size(of: name) }
  #expect(try await !store.contains(name))
}

private func expectNothingToRemove(_ store: any BlobStore, _ losesAnswers: Bool) async throws {
  let (name, _) = object(.snapshot, [9, 9])
  if losesAnswers {
    do { try await store.remove(name) } catch let error as StoreError where error.kind == .notFound {}
  } else {
    await expectError(.notFound) { try await store.remove(name) }
  }
}

private func expectObjects(_ store: any BlobStore) async throws {
  for kind in ObjectName.Kind.allCases where kind != .config {
    let (name, bytes) = object(kind, Array("\(kind)".utf8) + (0...255).map { UInt8($0) })
    try await store.put(bytes, as: name)

    #expect(try await store.bytes(of: name, in: nil) == bytes)
    #expect(try await store.bytes(of: name, in: 3..<200) == Array(bytes[3..<200]))
    #expect(try await store.bytes(of: name, in: bytes.count - 1..<bytes.count) == [255])
    #expect(try await store.size(of: name) == bytes.count)
    #expect(try await store.names(of: kind) == [StoredObject(name: name, byteCount: bytes.count)])
    await expectError(.damaged) { _ = try await store.bytes(of: name, in: 10..<bytes.count + 1) }

    // The same size is the same object, and is not written again; another size is damage, and is.
    try await store.put(bytes.reversed(), as: name)
    #expect(try await store.bytes(of: name, in: nil) == bytes)
    try await store.put(bytes + [1], as: name)
    #expect(try await store.bytes(of: name, in: nil) == bytes + [1])
  }
  let (empty, _) = object(.lock, [])
  try await store.put([], as: empty)
  #expect(try await store.bytes(of: empty, in: nil) == [])
}

private func expectConfigIsNeverReplaced(_ store: any BlobStore) async throws {
  try await store.put([1, 2, 3], as: .config)

  await expectError(.alreadyExists) { try await store.put([1, 2, 3], as: .config) }
  await expectError(.alreadyExists) { try await store.put([4], as: .config) }

  #expect(try await store.bytes(of: .config, in: nil) == [1, 2, 3])
  #expect(try await store.names(of: .config) == [StoredObject(name: .config, byteCount: 3)])
}

private func expectRemoval(_ store: any BlobStore, _ losesAnswers: Bool) async throws {
  let (name, bytes) = object(.snapshot, [9, 9])
  try await store.put(bytes, as: name)

  try await store.remove(name)

  #expect(try await !store.contains(name))
  #expect(try await !store.names(of: .snapshot).contains { $0.name == name })
  try await expectNothingToRemove(store, losesAnswers)
}

/// An ordinary place, to which this host has every access.
private func expectTraits(_ store: any BlobStore) async throws {
  var kept: [ObjectName.Kind: Set<StoredObject>] = [:]
  for kind in ObjectName.Kind.allCases { kept[kind] = Set(try await store.names(of: kind)) }

  let traits = try await store.traits(trying: [1, 2, 3])

  #expect(traits.readsWhatWasPut && traits.listsWhatWasPut)
  #expect(traits.removal == .granted && traits.overwriting != .refused && !traits.isProtected)
  for kind in ObjectName.Kind.allCases { #expect(Set(try await store.names(of: kind)) == kept[kind], "\(kind)") }
}

private func expectConcurrency(_ store: any BlobStore) async throws {
  let objects = (0..<40).map { object(.pack, [UInt8]("\($0 / 2)".utf8)) }  // each twice, at once

  try await withThrowingTaskGroup(of: Void.self) { group in
    for (name, bytes) in objects { group.addTask { try await store.put(bytes, as: name) } }
    try await group.waitForAll()
  }

  for (name, bytes) in objects { #expect(try await store.bytes(of: name, in: nil) == bytes) }
}

func expectError(_ kind: StoreError.Kind, _ body: () async throws -> Void) async {
  let error = await #expect(throws: StoreError.self) { try await body() }
  #expect(error?.kind == kind, "\(String(describing: error))")
}
