/// The name of an Erlang node, `couchdb@127.0.0.1`: as the shard map, `_nodes` and epochs have it.
///
/// Stricter than Erlang: a name that is refused here would at best need quoting in `vm.args`.
/// Source: Erlang/OTP `net_kernel.erl`, `valid_name_head/1`; an atom has at most 255 characters.
package struct NodeName: Hashable, Sendable, CustomStringConvertible {
  private static let longest = 255

  package let description: String

  /// - Parameter text: letters, digits, `_` and `-`; an `@`; letters, digits and `. _ - :` for the host.
  package init?(_ text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= Self.longest, parts.allSatisfy({ !$0.isEmpty }),
      parts[0].allSatisfy({ Self.isWord($0) }),
      parts[1].allSatisfy({ Self.isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") })
    else { return nil }
    description = text
  }

  private static func isWord(_ character: UInt8) -> Bool {
    switch character {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
