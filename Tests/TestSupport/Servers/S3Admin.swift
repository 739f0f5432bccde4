/// What tests ask of a server for object storage beside what they test: buckets and their settings. The signer is not ours.
package struct S3Admin: Sendable {
  /// `http://127.0.0.1:PORT`.
  let endpoint: String
  let accessKey: String
  let secret: String

  /// - Parameter locked: object lock in compliance mode for one day.
  func makeBucket(_ name: String, locked: Bool) throws {
    try send("PUT", "/\(name)", headers: locked ? ["x-amz-bucket-object-lock-enabled": "true"] : [:])
    guard locked else { return }
    try send(
      "PUT", "/\(name)?object-lock",
      body: """
        <ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>1</Days>\
        </DefaultRetention></Rule></ObjectLockConfiguration>
        """)
  }

  var answers: Bool { (try? send("GET", "/")) != nil }

  /// - Parameter path: with its query, percent-encoded.
  /// - Returns: the body of the answer.
  @discardableResult
  package func send(_ method: String, _ path: String, body: String = "", headers: [String: String] = [:]) throws -> String {
    let output = try Program.run(
      "/usr/bin/env", ["python3", "-c", Self.program, method, endpoint + path, body] + headers.map { "\($0.lowercased()):\($1)" },
      environment: ["S3_KEY": accessKey, "S3_SECRET": secret])
    return try Programs.succeed(output)
  }

  private static let program = #"""
    import base64, datetime, hashlib, hmac, os, sys, urllib.error, urllib.parse, urllib.request

    method, url, body = sys.argv[1], sys.argv[2], sys.argv[3].encode()
    parts = urllib.parse.urlsplit(url)
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    headers = {"host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": stamp}
    headers["content-md5"] = base64.b64encode(hashlib.md5(body).digest()).decode()
    headers.update(header.split(":", 1) for header in sys.argv[4:])
    names = ";".join(sorted(headers))
    query = "&".join(sorted(part if "=" in part else part + "=" for part in parts.query.split("&") if part))
    lines = [name + ":" + headers[name] for name in sorted(headers)]
    request = "\n".join([method, parts.path, query] + lines + ["", names, digest])
    scope = [stamp[:8], "us-east-1", "s3", "aws4_request"]
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(scope), hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + os.environ["S3_SECRET"]).encode()
    for part in scope: key = hmac.new(key, part.encode(), "sha256").digest()
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    headers["authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s,Signature=%s" % (
        os.environ["S3_KEY"], "/".join(scope), names, signature)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body or None, headers, method=method), timeout=60) as answer:
            sys.stdout.write(answer.read().decode())
    except urllib.error.HTTPError as error:
        sys.exit("%s %s: %d %s" % (method, url, error.code, error.read().decode()))
    except OSError as error:
        sys.exit("%s %s: %s" % (method, url, error))
    """#
}
