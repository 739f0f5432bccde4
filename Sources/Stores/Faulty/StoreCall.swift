/// One call of a store's verbs, as the faulty and the recording store see it.
package enum StoreCall: Hashable, Sendable {
  case createLayout
  case put(ObjectName, byteCount: Int)
  case bytes(ObjectName, range: Range<Int>?)
  case size(ObjectName)
  case names(ObjectName.Kind)
  case remove(ObjectName)
}
