extension ComposeReader {
  typealias Lookup = (String) -> String?

  mutating func services(_ fields: Fields?, _ lookup: Lookup) throws(ComposeFileError) -> [ComposeFile.Service] {
    var services: [ComposeFile.Service] = []
    for key in fields?.keys ?? [] where !key.hasPrefix("x-") {
      guard let value = fields?[key] else { continue }
      services.append(try service(key, value, lookup))
    }
    return services
  }

  private mutating func service(_ name: String, _ value: Value, _ lookup: Lookup) throws(ComposeFileError) -> ComposeFile.Service {
    let fields = try fields(value)
    return ComposeFile.Service(
      name: name,
      line: line(value),
      image: try text(fields?["image"], lookup),
      containerName: try text(fields?["container_name"], lookup),
      mounts: try mounts(fields?["volumes"], lookup),
      environmentFiles: try environmentFiles(fields?["env_file"], lookup),
      labelFiles: try texts(fields?["label_file"], lookup),
      configs: try references(fields?["configs"], lookup),
      secrets: try references(fields?["secrets"], lookup),
      networks: try references(fields?["networks"], lookup),
      extends: try extends(fields?["extends"], lookup),
      build: try build(fields?["build"], lookup))
  }

  private mutating func mounts(_ value: Value?, _ lookup: Lookup) throws(ComposeFileError) -> [ComposeMount] {
    var mounts: [ComposeMount] = []
    for item in try items(value) ?? [] {
      if let text = try text(item, lookup) {
        mounts.append(ComposeMount(text))
      } else if let fields = try fields(item) {
        mounts.append(
          ComposeMount(
            type: try text(fields["type"], lookup)?.resolved, source: try text(fields["source"], lookup),
            target: try text(fields["target"], lookup)?.resolved, isReadOnly: isTrue(fields["read_only"]), line: line(item)))
      }
    }
    return mounts
  }

  private mutating func environmentFiles(
    _ value: Value?, _ lookup: Lookup
  ) throws(ComposeFileError) -> [ComposeFile.EnvironmentFileEntry] {
    var files: [ComposeFile.EnvironmentFileEntry] = []
    for item in try items(value) ?? value.map({ [$0] }) ?? [] {
      if let path = try text(item, lookup) {
        files.append(ComposeFile.EnvironmentFileEntry(path: path, isRequired: true))
      } else if let fields = try fields(item), let path = try text(fields["path"], lookup) {
        files.append(
          ComposeFile.EnvironmentFileEntry(path: path, isRequired: fields["required"] == nil || isTrue(fields["required"])))
      }
    }
    return files
  }

  /// Keys of top-level entries: a list of keys, a list of mappings with `source`, or a mapping.
  private mutating func references(_ value: Value?, _ lookup: Lookup) throws(ComposeFileError) -> [String] {
    if let fields = try fields(value) { return fields.keys }
    var keys: [String] = []
    for item in try items(value) ?? [] {
      var source = try text(item, lookup)
      if let long = try fields(item) { source = try text(long["source"], lookup) }
      if let key = source?.resolved { keys.append(key) }
    }
    return keys
  }

  private mutating func extends(_ value: Value?, _ lookup: Lookup) throws(ComposeFileError) -> ComposeFile.Extends? {
    if let service = try text(value, lookup) { return ComposeFile.Extends(service: service.resolved, file: nil) }
    guard let fields = try fields(value) else { return nil }
    return ComposeFile.Extends(service: try text(fields["service"], lookup)?.resolved, file: try text(fields["file"], lookup))
  }

  private mutating func build(_ value: Value?, _ lookup: Lookup) throws(ComposeFileError) -> ComposeText? {
    if let context = try text(value, lookup) { return context }
    guard let fields = try fields(value) else { return nil }
    // Without a context, it is the project's folder.
    if let context = try text(fields["context"], lookup) { return context }
    return ComposeText(raw: ".", line: fields.line, lookup: lookup)
  }

  /// One text or a list of them.
  mutating func texts(_ value: Value?, _ lookup: Lookup) throws(ComposeFileError) -> [ComposeText] {
    if let text = try text(value, lookup) { return [text] }
    var texts: [ComposeText] = []
    for item in try items(value) ?? [] {
      if let text = try text(item, lookup) { texts.append(text) }
    }
    return texts
  }
}
