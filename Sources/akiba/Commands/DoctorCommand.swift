import ArgumentParser
import CouchFormat

struct DoctorCommand: Job {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check everything a backup and a restore depend on, before they are needed.",
    discussion: """
      Permissions, space, open files, locations, certificate, credentials, versions, an upgrade in progress, clock; each finding with its \
      remedy. At each location it stores some bytes and removes them, to see what the place does; it changes nothing else. Exit code 0: all is well; 3: warnings; 1: errors.

      Example: sudo akiba doctor
      """)

  @OptionGroup var configurationOptions: ConfigurationOptions
  @OptionGroup var output: OutputOptions

  func perform(_ console: Console) async throws -> ExitStatus {
    let configuration = try configurationOptions.read()
    var diagnosis = Diagnosis()
    HostCheckup(configuration: configuration).run(&diagnosis)
    await InstallationCheckup(configuration: configuration).run(&diagnosis)
    await LocationCheckup(configuration: configuration, now: Environment.now).run(&diagnosis, console)
    // What an interrupted check could not look at is no finding.
    try Task.checkCancellation()

    for item in diagnosis.good {
      console.emit(OkEvent(subject: item.subject, message: item.text))
      console.say("ok  \(item.subject.padded(to: 12))\(item.text)")
    }
    for item in diagnosis.remarks {
      console.emit(RemarkEvent(subject: item.subject, message: item.text))
      console.say("--  \(item.subject.padded(to: 12))\(item.text)")
    }
    console.show(diagnosis.findings, atMost: 50)
    console.emit(DoctorEvent(errors: diagnosis.errors, warnings: diagnosis.warnings))
    console.say("\(Wording.count(diagnosis.errors, "error")), \(Wording.count(diagnosis.warnings, "warning"))")
    return diagnosis.errors > 0 ? .failure : diagnosis.warnings > 0 ? .partial : .success
  }
}

private struct OkEvent: Encodable {
  let type = "ok"
  let subject: String
  let message: String
}

private struct RemarkEvent: Encodable {
  let type = "remark"
  let subject: String
  let message: String
}

private struct DoctorEvent: Encodable {
  let type = "doctor"
  let errors: Int
  let warnings: Int
}
