import Primitives
import SystemPackage

/// Command lines for the container in which CouchDB runs on a data folder.
///
/// CHT publishes no port of CouchDB, and its own scripts use the curl in the image; so the request is made inside. There the name and the
/// password are in the environment, as compose read them from `.env`: they pass no command line and no screen, whatever characters they have.
struct CouchContainer {
  /// On the host, as it is mounted.
  let dataFolder: FilePath

  /// A shell's word for the container's id. The same after an update of CHT, other than its name.
  var id: String { "$(docker ps --quiet --filter volume=\(mount.asShellWord))" }

  /// - Parameters:
  ///   - path: with a slash, percent-encoded.
  ///   - file: what is sent, as JSON.
  func request(_ method: String, _ path: String, sending file: FilePath? = nil) -> String {
    let header = #"header = \"Authorization: Basic %s\"\n"#
    let secret = #""$(printf %s "$COUCHDB_USER:$COUCHDB_PASSWORD" | base64 --wrap=0)""#
    let body = file == nil ? "" : #" --header "Content-Type: application/json" --data-binary @-"#
    let curl =
      "curl --silent --show-error --config <(printf \"\(header)\" \(secret)) --request \(method)\(body) http://127.0.0.1:5984\(path)"
    return "docker exec --interactive \"\(id)\" bash -c '\(curl)'" + (file.map { " < \($0.string.asShellWord)" } ?? "")
  }

  /// A bind mount goes by its folder, a volume by its name.
  private var mount: String {
    let parts = dataFolder.components.map(\.string)
    guard parts.count > 2, parts.last == "_data", parts[parts.count - 3] == "volumes" else { return dataFolder.string }
    return parts[parts.count - 2]
  }
}
