package import SystemPackage

/// What a person asks of a restore of a deployment.
package struct BringBackWishes: Sendable {
  package var mapping = Mapping()
  /// What is there may be moved aside.
  package var replaces = false
  /// A snapshot that its backup marked will do.
  package var acceptsMarked = false
  /// A snapshot whose proof fails will do.
  package var acceptsUnproven = false
  /// Where the snapshot is restored to first; beside the data if `nil`.
  package var staging: FilePath?
  /// Other names for nodes.
  package var nodes: [BringBackPlan.NodeRename] = []
  /// Consumers of changes survived, and shall see all of them again.
  package var renewsIdentities = false

  package init() {}
}
