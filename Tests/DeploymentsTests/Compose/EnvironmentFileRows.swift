import Testing

import Deployments

/// A `.env` file and what Compose 5 makes of it. `EnvironmentFileOracleTests` asks Compose whether that is still so.
struct EnvironmentFileRow: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let outcome: Outcome

  enum Outcome: Sendable, Equatable {
    case variables([String: String])
    case refused(EnvironmentFileError.Kind, line: Int)
  }

  var testDescription: String { name }

  /// The process environment of all rows.
  static let environment = ["OUTSIDE": "from outside", "EMPTY": "", "BOTH": "the environment's", "DOLLARS": "$$a ${b}"]

  init(_ name: String, _ text: String, _ variables: [String: String]) {
    self.init(name, Array(text.utf8), variables)
  }

  init(_ name: String, _ bytes: [UInt8], _ variables: [String: String]) {
    self.name = name
    self.bytes = bytes
    outcome = .variables(variables)
  }

  init(_ name: String, _ text: String, refused kind: EnvironmentFileError.Kind, line: Int) {
    self.name = name
    bytes = Array(text.utf8)
    outcome = .refused(kind, line: line)
  }

  static let all = lines + names + quotes + escapes + comments + references + refusals + deployments
}

extension EnvironmentFileRow {
  private static let lines: [EnvironmentFileRow] = [
    .init("an empty file", "", [:]),
    .init("nothing but white space", " \n\t\n\r\n\u{A0}\u{2003}\n", [:]),
    .init("one variable", "A=1\n", ["A": "1"]),
    .init("no newline at the end", "A=1", ["A": "1"]),
    .init("windows line ends", "A=1\r\nB='2'\r\nC=\"3\"\r\n\r\nD=4", ["A": "1", "B": "2", "C": "3", "D": "4"]),
    .init("a carriage return inside", "A=a\rB=b\n", ["A": "a\rB=b"]),
    .init("a byte order mark", "\u{FEFF}A=1\nB=2\n", ["A": "1", "B": "2"]),
    .init("a byte order mark in the middle", "A=1\u{FEFF}1\n", ["A": "1\u{FEFF}1"]),
    .init("empty values", "A=\nB= \nC=''\nD=\"\"\nE:\n", ["A": "", "B": "", "C": "", "D": "", "E": ""]),
    .init("empty at the end of the file", "A=", ["A": ""]),
    .init("indented lines", "  A=1\n\tB=2\n\u{A0}C=3\n", ["A": "1", "B": "2", "C": "3"]),
    .init("spaces and tabs around the sign", "A =1\nB= 2\nC \t = \t 3\n", ["A": "1", "B": "2", "C": "3"]),
    .init("spaces at the end", "A=1   \nB=2\t\nC=3\u{3000}\nD=' 4 '  \n", ["A": "1", "B": "2", "C": "3", "D": " 4 "]),
    .init("equal signs in values", "A=b=c\nB==\nC=x==\n", ["A": "b=c", "B": "=", "C": "x=="]),
    .init("the last of equal names", "A=1\nB=2\nA=3\n", ["A": "3", "B": "2"]),
    .init("an empty last of equal names", "A=1\nA=\n", ["A": ""]),
    .init("as YAML has it", "A: 1\nB : two words\nC:3\n", ["A": "1", "B": "two words", "C": "3"]),
    .init("a colon in the value", "A=http://host:5984/medic\nB: a:b\n", ["A": "http://host:5984/medic", "B": "a:b"]),
    .init("a NUL in the value", "A=a\u{0}b\n", ["A": "a\u{0}b"]),
    .init("a value that is not UTF-8", [0x41, 0x3D, 0x70, 0xE9, 0x73, 0xFF, 0x0A], ["A": "p\u{FFFD}s\u{FFFD}"]),
  ]

  private static let names: [EnvironmentFileRow] = [
    .init("export", "export A=1\nexport\tB=2\nexport   C=3\nexported=4\n", ["A": "1", "B": "2", "C": "3", "exported": "4"]),
    .init("a variable named export", "export=1\n", ["export": "1"]),
    .init("export of nothing", "export =1\n", ["": "1"]),
    .init("export on a line of its own", "export\nA=1\n", ["A": "1"]),
    .init("names with signs and digits", "A.b=1\nC[0]=2\nd-e=3\n1F=4\n_=5\n", ["A.b": "1", "C[0]": "2", "d-e": "3", "1F": "4", "_": "5"]),
    .init("names of other scripts", "große=1\nключ=2\n名=3\n½=4\n", ["große": "1", "ключ": "2", "名": "3", "½": "4"]),
    .init("a tab in a name", "A\tB=1\n", ["A\tB": "1"]),
    .init("no name", "=x\n", ["": "x"]),
    .init("a name alone, in the environment", "OUTSIDE\nA=1\n", ["OUTSIDE": "from outside", "A": "1"]),
    .init("a name alone, not in the environment", "NOWHERE\nA=1\n", ["A": "1"]),
    .init("a name alone after its value", "A=1\nA\n", ["A": "1"]),
    .init("a name alone at the end of the file", "A=1\nOUTSIDE", ["A": "1", "": "OUTSIDE"]),
    .init("an exported name alone", "export OUTSIDE\n", ["OUTSIDE": "from outside"]),
    .init("a name the environment has too", "BOTH=the file's\n", ["BOTH": "the file's"]),
  ]

  private static let quotes: [EnvironmentFileRow] = [
    .init("single quotes are literal", "A='$B ${C} \\n \\t # \"'\n", ["A": "$B ${C} \\n \\t # \""]),
    .init("an escaped single quote", "A='it\\'s'\n", ["A": "it's"]),
    .init("backslashes in single quotes", "A='a\\\\b\\c'\nB='\\\\'\n", ["A": "a\\\\b\\c", "B": "\\\\"]),
    .init("double quotes", "A=\"two words\"\nB=\" a \"\n", ["A": "two words", "B": " a "]),
    .init("quotes in quotes", "A=\"it's\"\nB='say \"x\"'\nC=\"say \\\"x\\\"\"\n", ["A": "it's", "B": "say \"x\"", "C": "say \"x\""]),
    .init("a value of more lines", "A=\"one\n two\n\nthree\"\nB='x\ny'\nC=1\n", ["A": "one\n two\n\nthree", "B": "x\ny", "C": "1"]),
    .init("a comment sign in more lines", "A=\"one\n# two\nB=3\"\n", ["A": "one\n# two\nB=3"]),
    .init("windows line ends in more lines", "A=\"one\r\ntwo\"\r\n", ["A": "one\r\ntwo"]),
    .init("quotes inside an unquoted value", "A=a'b'c\nB=x\"y\"\nC=it's\n", ["A": "a'b'c", "B": "x\"y\"", "C": "it's"]),
    .init("two on a line after a quote", "A=\"x\"B=2\nC='y' D=4\n", ["A": "x", "B": "2", "C": "y", "D": "4"]),
    .init("a comment after a quote", "A=\"x\" # y\nB='x'# y\nC=\"x\"\t#y\n", ["A": "x", "B": "x", "C": "x"]),
    .init("a word after a quote", "A=\"x\"OUTSIDE\nB=2\n", ["A": "x", "OUTSIDE": "from outside", "B": "2"]),
    .init("nothing, and the next line", "A=\nB=1\n", ["A": "", "B": "1"]),
  ]

  private static let escapes: [EnvironmentFileRow] = [
    .init("letters", "A=\"\\a\\b\\f\\n\\r\\t\\v\"\n", ["A": "\u{7}\u{8}\u{C}\n\r\t\u{B}"]),
    .init("a backslash", "A=\"a\\\\b\\\\\"\nB=\"\\\\n\"\n", ["A": "a\\b\\", "B": "\\n"]),
    .init("others stay", "A=\"\\c\\d\\x41\\u0041\\'\\ \"\n", ["A": "\\c\\d\\x41\\u0041\\'\\ "]),
    .init("octal", "A=\"\\0101\\0000\\0377\\01234\"\n", ["A": "A\u{0}\u{FF}S4"]),
    .init("octal that is none", "A=\"\\0\\01\\012\\0400\\0777\\0899\\0x\"\n", ["A": "\\\\1\\12\\400\\777\\899\\x"]),
    .init("a dollar sign", "X=1\nA=\"\\$X\"\nB=\"\\\\$X\"\nC=\"$$X\"\n", ["X": "1", "A": "$X", "B": "\\1", "C": "$X"]),
    .init("none unquoted", "X=1\nA=a\\nb\\\\c\\\"\nB=\\$X\n", ["X": "1", "A": "a\\nb\\\\c\\\"", "B": "\\1"]),
    .init("an escaped line end", "A=\"a\\\nb\"\n", ["A": "a\\\nb"]),
  ]

  private static let comments: [EnvironmentFileRow] = [
    .init("whole lines", "# A=1\n  # B=2\n#\nC=3\n#", ["C": "3"]),
    .init("after a value", "A=1 # one\nB=2  #two\nC=3 #\n", ["A": "1", "B": "2", "C": "3"]),
    .init("no space before", "A=a#b\nB=#b\nC=##\n", ["A": "a#b", "B": "#b", "C": "##"]),
    .init("a tab before", "A=a\t# b\n", ["A": "a\t# b"]),
    .init("instead of a value", "A= # b\nB= #\n", ["A": "# b", "B": "#"]),
    .init("with what looks like quotes", "A=1 # it's \"x\nB=2\n", ["A": "1", "B": "2"]),
  ]

  private static let references: [EnvironmentFileRow] = [
    .init("to lines above", "A=1\nB=$A-${A}\n", ["A": "1", "B": "1-1"]),
    .init("to lines below", "B=[$A]\nA=1\n", ["B": "[]", "A": "1"]),
    .init("to the environment", "A=$OUTSIDE\nB=\"${OUTSIDE}!\"\n", ["A": "from outside", "B": "from outside!"]),
    .init("to what both have", "BOTH=the file's\nA=$BOTH\n", ["BOTH": "the file's", "A": "the environment's"]),
    .init("to itself", "A=1\nA=${A}2\n", ["A": "12"]),
    .init("to a name alone", "OUTSIDE\nA=$OUTSIDE\n", ["OUTSIDE": "from outside", "A": "from outside"]),
    .init("values are not read again", "A=$DOLLARS\nB='$OUTSIDE'\nC=$B\n", ["A": "$$a ${b}", "B": "$OUTSIDE", "C": "$OUTSIDE"]),
    .init(
      "defaults", "A=${X:-d}\nB=${X-d}\nC=${EMPTY:-d}\nD=${EMPTY-d}\nE=${OUTSIDE:-d}\n",
      ["A": "d", "B": "d", "C": "d", "D": "", "E": "from outside"]),
    .init(
      "alternatives", "A=${X:+a}\nB=${X+a}\nC=${EMPTY:+a}\nD=${EMPTY+a}\nE=${OUTSIDE:+a}\n",
      ["A": "", "B": "", "C": "", "D": "a", "E": "a"]),
    .init("required and set", "A=${OUTSIDE:?why}\nB=${EMPTY?why}\n", ["A": "from outside", "B": ""]),
    .init("defaults within defaults", "A=${X:-${Y:-${OUTSIDE}}}!\nB=${X:-a${Y-b}c}\n", ["A": "from outside!", "B": "abc"]),
    .init("more of them on a line", "A=${X:-a} ${Y:-b} ${Z}\nB=${X:-}$$${Y:-}\n", ["A": "a b ", "B": "$"]),
    .init(
      "dollar signs that are none", "A=$\nB=a$ b\nC=$1\nD=$-\nE=$$\nF=$$$$\nG=a$$b\n",
      ["A": "$", "B": "a$ b", "C": "$1", "D": "$-", "E": "$", "F": "$$", "G": "a$b"]),
    .init("a dollar sign in a password", "PASSWORD=pa$word\n", ["PASSWORD": "pa"]),
    .init("names end at other signs", "A=1\nB=$A.b\nC=$A-c\nD=${A}b\nE=$Ab\n", ["A": "1", "B": "1.b", "C": "1-c", "D": "1b", "E": ""]),
    .init("braces in a default", "A=${X:-{}}\nB=${X:-{a}}\nC=${X:-{{a}}}\n", ["A": "{}", "B": "{a}", "C": "{{a}}"]),
    .init("braces that do not pair", "A=${X:-{}\nB=${X:-a}b}\n", ["A": "{", "B": "ab}"]),
    .init("operators in a default", "A=${X:-a:-b?c+d}\nB=${X-:-}\n", ["A": "a:-b?c+d", "B": ":-"]),
    .init("spaces in a default", "A=${X:-two words } \n", ["A": "two words "]),
    .init("a comment sign in a default", "A=${X:-a#b}\n", ["A": "a#b"]),
    .init("in double quotes over lines", "A=\"$OUTSIDE\n${X:-d}\"\n", ["A": "from outside\nd"]),
    .init("letters that fold", "ſK=1\nA=$ſK\nB=${ſ\u{212A}-x}\n", ["ſK": "1", "A": "1", "B": "x"]),
    .init("a name of another script is no name", "é=1\nA=$é\n", ["é": "1", "A": "$é"]),
    .init("one after the other", "A=1\nB=$A$A\n", ["A": "1", "B": "11"]),
  ]

  private static let refusals: [EnvironmentFileRow] = [
    .init("an open double quote", "A=1\nB=\"two\nC=3\n", refused: .openQuote, line: 2),
    .init("an open single quote", "A='one\n\n\n", refused: .openQuote, line: 1),
    .init("a quote closed by an escaped one", "A=\"one\\\"\n", refused: .openQuote, line: 1),
    .init("a space in a name", "\n\nA B=1\n", refused: .spaceInName, line: 3),
    .init("two words", "A=1\nsome words\n", refused: .spaceInName, line: 2),
    .init("a sign in a name", "A=1\n# c\nB@=2\n", refused: .character, line: 3),
    .init("a dollar sign in a name", "$A=1\n", refused: .character, line: 1),
    .init("a quoted name", "\"A\"=1\n", refused: .character, line: 1),
    .init("a name that is not UTF-8", "A=1\nB/=2", refused: .character, line: 2),
    .init("the second line of a value", "KEY=-----BEGIN\nMII/+==\n", refused: .character, line: 2),
    .init("export and nothing more", "A=1\nexport ", refused: .exportWithoutName, line: 2),
    .init("an open brace", "A=${B\n", refused: .malformedReference, line: 1),
    .init("an open default", "\nA=${B:-x\n", refused: .malformedReference, line: 2),
    .init("no name in braces", "A=${}\n", refused: .malformedReference, line: 1),
    .init("a digit first in braces", "A=${1}\n", refused: .malformedReference, line: 1),
    .init("a wrong sign in braces", "A=${B.c}\nB=1\n", refused: .malformedReference, line: 1),
    .init("a default over lines", "A=\"${B:-x\ny}\"\n", refused: .malformedReference, line: 1),
    .init("a default with a comment", "A=${B:-x # y}\n", refused: .malformedReference, line: 1),
    .init("required and not set", "A=1\nB=${C?}\n", refused: .unsetRequired, line: 2),
    .init("required and empty", "A=${EMPTY:?say why}\n", refused: .unsetRequired, line: 1),
    .init("a word after a quoted value", "A=\"x\" y z\nB=1\n", refused: .spaceInName, line: 1),
  ]

  /// As people write them.
  private static let deployments: [EnvironmentFileRow] = [
    .init(
      "a first install",
      """
      PROJECT_NAME=cht
      SECRET=c4f0a9d2-9b1c-4c4e-8d4a-0d2f3b1e7a55
      DATA=/home/ubuntu/cht/couchdb
      USER_NAME=medic
      PASSWORD=aB3$x9#k
      UUID=1c9b420e-1847-49e9-9cdf-5350b32f6c85
      # MODE=AUTO_GENERATE
      # EMAIL=a@example.org

      """,
      [
        "PROJECT_NAME": "cht", "SECRET": "c4f0a9d2-9b1c-4c4e-8d4a-0d2f3b1e7a55", "DATA": "/home/ubuntu/cht/couchdb", "USER_NAME": "medic",
        "PASSWORD": "aB3#k", "UUID": "1c9b420e-1847-49e9-9cdf-5350b32f6c85",
      ]),
    .init(
      "a careful one",
      "\u{FEFF}# the clinic\r\nexport NAME=\"Hôpital “Espoir”\"\r\nPASSWORD='p@$$ w#rd'\r\nDATA=\"${ROOT:-/srv}/couchdb\" # big disk\r\nPEERS=b.local,c.local\r\n",
      ["NAME": "Hôpital “Espoir”", "PASSWORD": "p@$$ w#rd", "DATA": "/srv/couchdb", "PEERS": "b.local,c.local"]),
  ]
}
