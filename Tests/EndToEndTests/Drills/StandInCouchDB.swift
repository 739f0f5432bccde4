import CouchFormat
import Foundation
import Primitives
import Recovery
import SystemPackage
import TestSupport
import Testing

/// A stand-in for CouchDB where there is none: a program that is started as CouchDB is, and answers over HTTP what is written down for it.
///
/// What is written down comes from the files, by the reader that drills use too: so this shows how a drill starts, asks and ends a server,
/// and that it notices a wrong answer. That the reader's answers are CouchDB's is shown by `ServedDataTests`, `AnswersTests` and, where a CouchDB
/// is at hand, `RealServerTests`.
struct StandInCouchDB {
  /// As CouchDB's own folder: `bin/couchdb`, `etc/default.ini`; beside them `answers`.
  let folder: URL
  /// By path and query, decoded, in bytes: Swift takes two ways of writing one letter for the same.
  private(set) var answers: [[UInt8]: [UInt8]] = [:]

  var executable: String { folder.appending(path: "bin/couchdb").path }

  /// - Parameters:
  ///   - data: a data folder of one node.
  ///   - pause: seconds that the list of databases takes, for a look at it meanwhile.
  init(for data: URL, in folder: URL, version: String = "3.5.0", pause: Int = 0) async throws {
    self.folder = folder
    for name in ["bin", "etc", "answers"] {
      try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
    }
    try Data(Self.script.utf8).write(to: folder.appending(path: "bin/couchdb"))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: executable)
    try Data().write(to: folder.appending(path: "etc/default.ini"))
    try Data("\(pause)".utf8).write(to: folder.appending(path: "answers/pause"))
    answers[Array("/".utf8)] = Array(#"{"couchdb":"Welcome","version":"\#(version)"}"#.utf8)
    var shards: [String] = []
    var names: [String] = []
    var collected = answers
    try await Answers(about: ProofSubject(dataFolders: [FilePath(data.path)])).forEachDatabase { entry, parts in
      names.append(entry.database)
      shards += entry.ranges.map { "\(entry.database)\t\(entry.shardPath($0).path)" }
      try Self.answer(about: entry, parts, &collected)
    }
    collected[Array("/_all_dbs".utf8)] = try Self.json(names)
    answers = collected
    try Data((shards.joined(separator: "\n") + "\n").utf8).write(to: folder.appending(path: "answers/shards"))
    try write()
  }

  /// - Parameter path: decoded, with its query.
  mutating func change(_ path: String, _ change: (inout String) -> Void) throws {
    var text = String(decoding: try #require(answers[Array(path.utf8)]), as: UTF8.self)
    let before = text
    change(&text)
    try #require(text != before, "the answer to \(path) did not change")
    answers[Array(path.utf8)] = Array(text.utf8)
    try write()
  }

  /// Paths as text, in order.
  var paths: [String] { answers.keys.map { String(decoding: $0, as: UTF8.self) }.sorted() }

  func text(at path: String) -> String { String(decoding: answers[Array(path.utf8)] ?? [], as: UTF8.self) }

  mutating func put(_ answers: [[UInt8]: [UInt8]]) throws {
    self.answers = answers
    try write()
  }

  /// The answers to all attachments become longer by a byte.
  mutating func spoilAttachments() throws {
    for (path, body) in answers {
      let text = String(decoding: path, as: UTF8.self)
      guard text.contains("?rev="), !text.hasSuffix("&revs=true") else { continue }
      answers[path] = body + [0]
    }
    try write()
  }

  private func write() throws {
    var index = ""
    for (number, (path, body)) in answers.enumerated() {
      // An id may have a line break in it.
      index += "\(number)\t\(Hex.encode(path))\n"
      try Data(body).write(to: folder.appending(path: "answers/\(number)"))
    }
    try Data(index.utf8).write(to: folder.appending(path: "answers/index"))
  }

  private static func json(_ value: some Encodable) throws -> [UInt8] { [UInt8](try JSONEncoder().encode(value)) }

  private static func answer(about entry: ShardMap.Entry, _ shards: [AnswerShard], _ answers: inout [[UInt8]: [UInt8]]) throws {
    let name = "/" + entry.database
    let database = try ServedDatabase(
      entry.database, isPartitioned: entry.isPartitioned, shards, sample: .max, seed: ContentID(hashing: [UInt8]()))
    answers[Array(name.utf8)] = try json(["doc_count": database.docCount, "doc_del_count": database.deletedCount])
    answers[Array("\(name)/_changes?style=all_docs".utf8)] = try changes(shards)
    for document in database.documents {
      answers[Array("\(name)/\(document.id)?rev=\(document.rev)&revs=true".utf8)] = document.json + [10]
    }
    for shard in shards { try addAttachments(of: shard, below: name, &answers) }
    for view in database.views {
      answers[Array("\(name)/_design/\(view.design)/_view/\(view.name)?reduce=false&limit=1".utf8)] = try json([
        "total_rows": view.rows ?? 0
      ])
    }
  }

  /// As CouchDB lays them out, a row a line.
  private static func changes(_ shards: [AnswerShard]) throws -> [UInt8] {
    struct Row: Encodable {
      let changes: [[String: String]]
      let deleted: Bool?
      let id: String
    }
    var rows: [String] = []
    for shard in shards {
      try shard.file.forEachDocument(shard.file.chunks()) { document in
        let row = Row(
          changes: document.tree.leaves.map { ["rev": document.tree.rev($0)] }, deleted: document.isDeleted ? true : nil, id: document.id)
        rows.append("{\"seq\":\"\(rows.count)-x\"," + String(decoding: try json(row).dropFirst(), as: UTF8.self))
        return true
      }
    }
    return Array(("{\"results\":[\n" + rows.joined(separator: ",\r\n") + "\n],\n\"last_seq\":\"9-x\",\"pending\":0}\n").utf8)
  }

  private static func addAttachments(of shard: AnswerShard, below name: String, _ answers: inout [[UInt8]: [UInt8]]) throws {
    let chunks = shard.file.chunks()
    try shard.file.forEachDocument(chunks) { document in
      guard let leaf = document.tree.winner, let stored = leaf.stored else { return true }
      for attachment in try Summary(try chunks.chunk(at: stored.pointer)).attachments {
        var bytes: [UInt8] = []
        try AttachmentReader.visitDecoded(attachment, chunks) { bytes += $0 }
        answers[Array("\(name)/\(document.id)/\(attachment.name)?rev=\(document.tree.rev(leaf))".utf8)] = bytes
      }
      return true
    }
  }

  /// It takes the settings it is given for what they say, and dies where a drill's server must not be.
  private static let script = #"""
    #!/usr/bin/perl
    use strict; use warnings; use IO::Socket::INET;
    sub slurp { open(my $file, '<:raw', $_[0]) or die "$_[0]: $!\n"; local $/; my $text = <$file>; return $text }
    my $home = $0; $home =~ s{/bin/[^/]*$}{};
    my ($ini) = slurp($ENV{COUCHDB_ARGS_FILE}) =~ /^-couch_ini \S+ (\S+)$/m or die "no settings\n";
    my (%set, $section);
    for (split /\n/, slurp($ini)) {
      if (/^\[(.*)\]$/) { $section = $1 } elsif (/^(\S+) = (.*)$/) { $set{"$section/$1"} = $2 }
    }
    open(my $log, '>>', $set{'log/file'}) or die "log: $!\n";
    select((select($log), $| = 1)[0]);
    sub refuse { print $log "[error] $_[0]\n"; die "$_[0]\n" }
    refuse('jobs of the replicator') unless $set{'replicator/max_jobs'} eq '0';
    my @interfaces = grep { !/^\s*lo:/ } grep { /:/ } split /\n/, slurp('/proc/self/net/dev');
    refuse("a network: @interfaces") if @interfaces;
    my %missing;
    for (split /\n/, slurp("$home/answers/shards")) {
      my ($database, $path) = split /\t/;
      next if -e "$set{'couchdb/database_dir'}/$path";
      $missing{"/$database"} = 1;
      print $log "[warning] creating missing database: $path\n";
    }
    my $plain = "akiba-drill:$set{'admins/akiba-drill'}";
    my $expected = pack('u', $plain); $expected =~ s/^.//mg; $expected =~ s/\n//g; $expected =~ tr|` -_|AA-Za-z0-9+/|;
    my $padding = (3 - length($plain) % 3) % 3; substr($expected, -$padding) = '=' x $padding if $padding;
    my %answers = map { my ($number, $path) = split /\t/; (pack('H*', $path), $number) } split /\n/, slurp("$home/answers/index");
    $SIG{TERM} = sub { exit 0 };
    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $set{'chttpd/port'}, Listen => 9, ReuseAddr => 1)
      or refuse("port: $!");
    print $log "[notice] listening\n";
    while (1) {
      my $client = $server->accept() or next;
      my $request = <$client> // ''; my $user = '';
      while (my $line = <$client>) { $line =~ s/\r\n//; last if $line eq ''; $user = $1 if $line =~ /^Authorization: Basic (.*)/i }
      my ($path) = $request =~ /^GET (\S+) /; $path //= '';
      $path =~ s/%([0-9A-Fa-f]{2})/chr(hex($1))/ge;
      sleep slurp("$home/answers/pause") if $path eq '/_all_dbs';
      my ($status, $body) = (404, '{"error":"not_found"}');
      if ($user ne $expected) { ($status, $body) = (401, '{"error":"unauthorized"}') }
      elsif ($missing{$path}) { ($status, $body) = (200, '{"doc_count":0,"doc_del_count":0}') }
      elsif (defined $answers{$path}) { ($status, $body) = (200, slurp("$home/answers/$answers{$path}")) }
      print $client "HTTP/1.1 $status X\r\nContent-Length: " . length($body) . "\r\nConnection: close\r\n\r\n$body";
      close($client);
    }
    """#
}
