/// A `.env` file, read as Docker Compose 2 and 5 read it.
///
///     NAME=value            'export ' before it is passed over; ':' does what '=' does; spaces and tabs around it do not count
///     NAME= value # why     unquoted: up to the end of line or ' #' (a space, not a tab), ends trimmed, interpolated
///     NAME='literal'        \' is a quote, nothing else is special; may span lines
///     NAME="text\n"         \a \b \f \n \r \t \v \" \\ \$ \0NNN (octal), then interpolated; may span lines
///     NAME                  no value: taken from the environment, else not set
///
/// A name is letters and digits of any language, and `_ . - [ ]`. Interpolation (`Interpolation`) sees the environment first, then the lines
/// above. The last of equal names wins. A byte order mark, CRLF and a missing last newline do not matter.
///
/// The environment also wins when Compose uses the file: the value that counts is the environment's, else `self[name]`.
///
/// Corners kept as they are, because what counts is what the containers got:
/// - `A= # x` has the value `# x`: the spaces after `=` are gone when ' #' is looked for. `A=#x` has the value `#x`.
/// - After a closing quote, the rest of the line is a line of its own: `A="x" B=2` sets both.
/// - `A` as the last line and without a newline, and `=x`, set the variable with the empty name.
/// - A tab within a name is part of it; a space is refused.
///
/// Compose 1 (1.29 with python-dotenv, on old hosts) took other meanings; what a container got there is in the container, not here:
///
///     line                    Compose 5 and this type       Compose 1
///     A=pa$word  A=$$x        pa, $x                        pa$word, $$x: only ${NAME} and ${NAME:-text} are references
///     A=${X-d}  A=${X:+d}     operators                     nothing, and the text as it is
///     A=${X:-${Y:-d}}         d                             ${Y:-d}
///     A=${                    refused                       ${
///     A='${X}'                literal                       interpolated
///     A='a\\b'  "\0101"  "\$" a\\b, A, $                  a\b, \0101, \$
///     A=x<tab># c             x<tab># c                     x
///     A: x                    x                             passed over
///     A="x" B=2               both                          neither; lines it cannot read are passed over, never refused
///     A=a<CR>B=b              one value                     two lines
///     $X in both places       the environment's             the file's
///
/// Source: compose-spec/compose-go `dotenv/`, and Compose 5 itself, which `EnvironmentFileOracleTests` compares with.
package struct EnvironmentFile: Sendable, Equatable {
  /// One for each name, in the order of their lines.
  package let variables: [Variable]

  package struct Variable: Sendable, Equatable {
    package let name: String
    /// The value byte for byte. Compose does not ask for UTF-8 here.
    package let bytes: [UInt8]
    /// Counted from 1; where the name begins that won.
    package let line: Int
    /// A name without a value, taken from the environment.
    package let isInherited: Bool
    /// A reference in it was replaced by nothing: a `$` in a password, most likely. Which name is not kept, for that is a piece of the password.
    package let refersToUnset: Bool

    package var value: String { String(decoding: bytes, as: UTF8.self) }
  }

  /// All values together, in bytes. Interpolation can grow a small file beyond any memory.
  package static let maximumSize = 16 << 20

  /// - Parameter lookup: The process environment of the one who runs Compose.
  package init(bytes: [UInt8], lookup: (String) -> String?) throws(EnvironmentFileError) {
    var parser = EnvironmentFileParser(bytes)
    try parser.run(lookup)
    variables = parser.variables
  }

  /// What the file says, whatever the environment says.
  package subscript(name: String) -> String? { variables.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }
}

/// Names and lines only: whatever prints a file prints no secret.
extension EnvironmentFile.Variable: CustomStringConvertible {
  package var description: String { "\(name) (line \(line))" }
}
