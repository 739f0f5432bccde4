/// The files of a kit, known to say what is meant before any is written.
struct KitFiles {
  let files: [KitFolder.File]

  /// - Throws: `KitError` for what a text file cannot hold.
  init(_ kit: Kit) throws {
    let text = KitText(kit: kit).render()
    guard try KitReading(Array(text.utf8)).kit() == kit else {
      throw KitError(
        summary: "the kit of '\(kit.deployment)' cannot be written so that it is read back the same",
        hints: ["a text file holds only names in UTF-8: look for other characters in names and keys of the configuration"])
    }
    let page = KitPage(kit: kit).page()
    let contents = [text, page.markdown(), page.html()]
    files = zip(KitFolder.names, contents).map { KitFolder.File(name: $0, text: $1) }
  }
}
