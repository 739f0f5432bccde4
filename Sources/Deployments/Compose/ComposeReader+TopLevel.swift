extension ComposeReader {
  mutating func includes(_ value: Value?, _ lookup: Lookup) throws(ComposeFileError) -> [ComposeFile.Include] {
    var includes: [ComposeFile.Include] = []
    for item in try items(value) ?? [] {
      if let path = try text(item, lookup) {
        includes.append(ComposeFile.Include(paths: [path], environmentFiles: [], projectFolder: nil))
      } else if let fields = try fields(item) {
        includes.append(
          ComposeFile.Include(
            paths: try texts(fields["path"], lookup), environmentFiles: try texts(fields["env_file"], lookup),
            projectFolder: try text(fields["project_directory"], lookup)))
      }
    }
    return includes
  }

  mutating func volumes(_ value: Value?, _ lookup: Lookup) throws(ComposeFileError) -> [ComposeFile.Volume] {
    var volumes: [ComposeFile.Volume] = []
    for (key, fields) in try entries(value) {
      let (name, isExternal) = try identity(fields, lookup)
      volumes.append(
        ComposeFile.Volume(
          key: key, name: name, isExternal: isExternal, driver: try text(fields?["driver"], lookup),
          boundDevice: try boundDevice(fields, lookup)))
    }
    return volumes
  }

  mutating func networks(_ value: Value?, _ lookup: Lookup) throws(ComposeFileError) -> [ComposeFile.Network] {
    var networks: [ComposeFile.Network] = []
    for (key, fields) in try entries(value) {
      let (name, isExternal) = try identity(fields, lookup)
      networks.append(ComposeFile.Network(key: key, name: name, isExternal: isExternal))
    }
    return networks
  }

  mutating func fileEntries(_ value: Value?, _ lookup: Lookup) throws(ComposeFileError) -> [ComposeFile.FileEntry] {
    var files: [ComposeFile.FileEntry] = []
    for (key, fields) in try entries(value) {
      let (_, isExternal) = try identity(fields, lookup)
      files.append(ComposeFile.FileEntry(key: key, file: try text(fields?["file"], lookup), isExternal: isExternal))
    }
    return files
  }

  private mutating func entries(_ value: Value?) throws(ComposeFileError) -> [(key: String, fields: Fields?)] {
    guard let all = try fields(value) else { return [] }
    var entries: [(key: String, fields: Fields?)] = []
    for key in all.keys where !key.hasPrefix("x-") { entries.append((key, try fields(all[key]))) }
    return entries
  }

  /// `name:` and `external:`, which once was a mapping with the name.
  private mutating func identity(_ fields: Fields?, _ lookup: Lookup) throws(ComposeFileError) -> (ComposeText?, Bool) {
    let name = try text(fields?["name"], lookup)
    if let old = try self.fields(fields?["external"]) {
      let oldName = try text(old["name"], lookup)
      return (name ?? oldName, true)
    }
    return (name, isTrue(fields?["external"]))
  }

  private mutating func boundDevice(_ fields: Fields?, _ lookup: Lookup) throws(ComposeFileError) -> ComposeText? {
    guard let options = try self.fields(fields?["driver_opts"]) else { return nil }
    let driver = try text(fields?["driver"], lookup)?.resolved ?? "local"
    let mountOptions = try text(options["o"], lookup)?.resolved?.split(separator: ",") ?? []
    guard driver == "local", mountOptions.contains("bind") || mountOptions.contains("rbind") else { return nil }
    return try text(options["device"], lookup)
  }
}
