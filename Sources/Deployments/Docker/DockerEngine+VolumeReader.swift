import FoundationEssentials
import Primitives
import Remotes

/// A volume that no container mounts is read through a container made for that and never started, of an image that is already there.
extension DockerEngine {
  /// Marks the containers made here with the time, so that one left behind by a killed run is recognized.
  package static let readerLabel = "org.akiba.volume-reader"
  private static let place = "/akiba-volume"
  /// In seconds. A younger one may be in use by another run.
  private static let abandoned = 3600

  /// - Parameters:
  ///   - image: any image of the engine; nothing in it is run.
  ///   - largest: bytes of all files together.
  ///   - now: seconds since 1970.
  package func files(ofVolume volume: String, image: String, largest: Int, now: Int) async throws -> [ArchivedFile] {
    let reader = try await createReader(of: volume, image: image, now: now)
    let files: Result<[ArchivedFile], any Error>
    do {
      files = .success(try await self.files(in: reader, under: Self.place, largest: largest))
    } catch {
      files = .failure(error)
    }
    await remove(reader)
    return try files.get()
  }

  /// Removes what is left of earlier runs.
  package func removeReaders(among containers: [DockerContainer], now: Int) async {
    for container in containers where container.state == .created {
      guard let made = container.labels[Self.readerLabel].flatMap({ Int($0) }), now - made > Self.abandoned else { continue }
      await remove(container.id)
    }
  }

  private func createReader(of volume: String, image: String, now: Int) async throws -> String {
    struct Creation: Encodable {
      struct Host: Encodable {
        let Binds: [String]
        let NetworkMode = "none"
      }

      let Image: String
      let Cmd = ["true"]
      let Labels: [String: String]
      let HostConfig: Host
    }
    struct Created: Decodable { let Id: String }
    let creation = Creation(
      Image: image, Labels: [Self.readerLabel: String(now)], HostConfig: .init(Binds: ["\(volume):\(Self.place):ro"]))
    let body = try [UInt8](JSONEncoder().encode(creation))
    let call = ["containers", "create"]
    let response = try await client.send(
      HTTPRequest(.post, address(call), headers: ["Content-Type": "application/json"], body: body))
    guard response.isSuccess, let created = try? JSONDecoder().decode(Created.self, from: Data(response.body)) else {
      throw refusal(response, call)
    }
    return created.Id
  }

  /// With the anonymous volumes its image may declare; the volume that was read has a name and stays. A removal that fails is made up for by
  /// the next run.
  private func remove(_ container: String) async {
    // A task of its own: ^C must not leave the container behind.
    await Task { _ = try? await client.send(HTTPRequest(.delete, address(["containers", container], query: "force=1&v=1"))) }.value
  }
}
