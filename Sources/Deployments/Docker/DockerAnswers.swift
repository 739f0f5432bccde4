/// The engine's JSON, as far as we use it, under the names it has there. All optional: Podman and older Dockers leave out or say null.
///
/// Source: Docker Engine API v1.24 to v1.51; Podman 4.3, 5.
enum DockerAnswers {
  struct Message: Decodable {
    let message: String?
  }

  struct Version: Decodable {
    struct Named: Decodable {
      let Name: String?
    }

    let Platform: Named?
    let Components: [Named]?
    let Version: String?
    let ApiVersion: String?

    var value: DockerVersion {
      let component = Components?.first?.Name
      let platform = Platform?.Name.flatMap { $0.isEmpty ? nil : $0 }
      let isPodman = component?.hasPrefix("Podman") == true
      return DockerVersion(
        // Podman's platform is an operating system. A Docker that a distribution built has none, and its component is 'Engine'.
        name: (isPodman ? component : platform) ?? "Docker", version: Version ?? "", apiVersion: ApiVersion ?? "",
        isPodman: isPodman)
    }
  }

  struct Info: Decodable {
    let DockerRootDir: String?
    let OperatingSystem: String?
    let SecurityOptions: [String]?
    let Rootless: Bool?

    var value: DockerInfo {
      let isRootless = SecurityOptions?.contains { $0.split(separator: ",").contains("name=rootless") } == true
      return DockerInfo(
        dataFolder: DockerRootDir ?? "", operatingSystem: OperatingSystem ?? "", isRootless: isRootless || Rootless == true)
    }
  }

  struct ListedContainer: Decodable {
    let Id: String?
  }

  struct Volumes: Decodable {
    struct Volume: Decodable {
      let Name: String?
      let Driver: String?
      let Mountpoint: String?
      let Labels: [String: String]?
      let Options: [String: String]?
    }

    let Volumes: [Volume]?

    var values: [DockerVolume] {
      (Volumes ?? []).map {
        DockerVolume(
          name: $0.Name ?? "", driver: $0.Driver ?? "", mountpoint: $0.Mountpoint ?? "", labels: $0.Labels ?? [:],
          options: $0.Options ?? [:])
      }
    }
  }

  struct Image: Decodable {
    struct Settings: Decodable {
      let Env: [String]?
      let Labels: [String: String]?
    }

    let Id: String?
    let RepoTags: [String]?
    let RepoDigests: [String]?
    let Config: Settings?
    let Created: String?

    var value: DockerImage {
      DockerImage(
        id: Id ?? "", tags: RepoTags ?? [], digests: RepoDigests ?? [], environment: (Config?.Env ?? []).map(DockerVariable.init),
        labels: Config?.Labels ?? [:], created: Created)
    }
  }
}
