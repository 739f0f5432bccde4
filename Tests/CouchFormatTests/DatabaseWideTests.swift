import CouchFormat
import Crypto
import Primitives
import Testing

/// Trees that are sound each by itself and do not fit one another, or the header.
struct DatabaseWideTests {
  private func leaf(_ key: [UInt8], _ value: [UInt8]) -> [UInt8] {
    [131] + T.tuple(T.atom("kv_node"), T.list(T.tuple(key, value)))
  }

  /// One document `x`, whose body is `{}`, in both trees.
  ///
  /// - Parameter sequences: what by-id and by-seq say.
  private func proof(
    _ sequences: (id: Int, sequence: Int) = (5, 5), updateSeq: Int = 5, purges: Bool = false, security: [UInt8]? = nil
  ) throws -> FileProof {
    var file = FileBuilder()
    file.append([7])
    let payload = [131] + T.tuple(T.binary([131] + T.tuple(T.list())), T.binary([131, 106]))
    let body = file.append([0x80, 0, 0, UInt8(payload.count)] + Array(Insecure.MD5.hash(data: payload)) + payload)
    let revision = T.tuple(T.binary([UInt8](repeating: 1, count: 16)), T.tuple(T.int(0), T.int(body), T.int(5)), T.list())
    let tree = T.list(T.tuple(T.int(1), revision))
    let sizes = T.tuple(T.int(3), T.int(4))
    let id = leaf(T.binary("x"), T.tuple(T.int(sequences.id), T.int(0), sizes, tree))
    let sequence = leaf(T.int(sequences.sequence), T.tuple(T.binary("x"), T.int(0), sizes, tree))
    let purge = leaf(T.int(1), T.tuple(T.binary("uuid"), T.binary("y"), T.list()))
    let idSum = T.tuple(T.int(1), T.int(0), T.tuple(T.atom("size_info"), T.int(3), T.int(4)))
    func root(_ payload: [UInt8], _ reduction: [UInt8]) -> [UInt8] {
      T.tuple(T.int(file.chunk(payload)), reduction, T.int(payload.count + 4))
    }

    let fields = [
      T.atom("db_header"), T.int(8), T.int(updateSeq), T.int(0), root(id, idSum), root(sequence, T.int(1)), T.none, T.none,
      purges ? root(purge, T.int(1)) : T.none, security.map { T.int(file.chunk($0)) } ?? T.none, T.int(9),
    ]
    let term = [131, 104, 11] + fields.joined()
    file.header(term, checksum: Array(Insecure.MD5.hash(data: term)))
    let source = MemoryBytes(file.bytes)
    return try DatabaseProof.run(source, try #require(try HeaderSearch.newest(in: source)), range: .whole)
  }

  @Test
  func `one document that fits everything`() throws {
    let proof = try proof(security: [131, 106])
    #expect(proof.findings == [] && proof.counts.documents == 1 && proof.counts.bodies == 1 && proof.counts.leaves == 1)
  }

  @Test
  func `a document newer than its header`() throws {
    #expect(try proof(updateSeq: 4).findings.map(\.kind) == [.updateSeqTooSmall])
  }

  @Test
  func `trees that disagree about a document name it`() throws {
    let findings = try proof((id: 4, sequence: 5)).findings
    #expect(findings.map(\.kind) == [.idSeqMismatch] && findings.first?.document == "x")
  }

  @Test
  func `a purge in one tree only`() throws {
    let proof = try proof(purges: true)
    #expect(proof.findings.map(\.kind) == [.purgeTreesDiffer] && proof.purgeSeq == 1)
  }

  @Test(arguments: [[131], [0, 1, 2], [131] + T.int(3)] as [[UInt8]])
  func `a security object that does not decode`(_ payload: [UInt8]) throws {
    #expect(try proof(security: payload).findings.map(\.kind) == [.securityUnreadable])
  }
}
