/// What trying showed of a place, whatever its documentation says.
package struct StoreTraits: Sendable, Hashable, Codable {
  /// Of the access that backups use.
  package enum Permission: String, Sendable, Hashable, Codable {
    case granted
    /// Who breaks into this host cannot do it either.
    case refused
  }

  /// What was put can be read at once.
  package var readsWhatWasPut: Bool
  /// What was put is listed at once.
  package var listsWhatWasPut: Bool
  /// Of two that create the same object one loses. `nil`: the place has no such call.
  package var refusesSecondCreation: Bool?
  /// Whether stored bytes can be replaced. `nil`: not tried.
  package var overwriting: Permission?
  package var removal: Permission
  /// For people: `object lock, compliance, 30 days`.
  package var remark: String?

  package init(
    readsWhatWasPut: Bool, listsWhatWasPut: Bool, refusesSecondCreation: Bool? = nil, overwriting: Permission? = nil, removal: Permission,
    remark: String? = nil
  ) {
    self.readsWhatWasPut = readsWhatWasPut
    self.listsWhatWasPut = listsWhatWasPut
    self.refusesSecondCreation = refusesSecondCreation
    self.overwriting = overwriting
    self.removal = removal
    self.remark = remark
  }

  /// Whether all that is stored stays, whatever whoever holds this host's access does.
  package var isProtected: Bool { removal == .refused && overwriting != .granted }
}
