import ArgumentParser
import Core

/// `hark backup`.
struct BackupCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Write everything that the library knows to one file.",
    discussion: """
      The file is what the daemon knows at one moment: the catalogue, the embeddings, the segments, \
      the landmarks and the models in use; no audio. The daemon goes on meanwhile. It is a tar \
      archive that appears under its name only when it is whole and on the disk, and that only you \
      may read.

      `harkd --restore FILE --state DIR`, or `hark restore`, makes a state directory of it.

      EXAMPLES
        hark backup ~/hark-$(date +%F).tar
        sudo hark backup /var/backups/hark.tar
      """)

  @Argument(
    help: ArgumentHelp("The file to write; replaced when it is there.", valueName: "file"))
  var file: PathArgument

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  func run() async throws {
    let target = BackupTarget(try AtomicFile(file.path, isPrivate: true))
    var bar = ProgressBar()
    defer { bar.clear() }
    let clock = ContinuousClock()
    let start = clock.now
    let request = HTTPRequest(.GET, "/v1/backup", accept: "application/x-tar")
    try await daemon.stream(request) { piece, length in
      try target.append(Array(piece))
      guard let length, length > 0 else { return }
      bar.show(
        "writing MiB", done: target.byteCount >> 20, total: max(1, length >> 20),
        at: (clock.now - start).seconds)
    }
    try target.commit()
    bar.clear()
    if Terminal.standardError.isTerminal {
      Output.note("Wrote \(Format.bytes(Int64(target.byteCount))) to \(file.path.escaped).")
    }
  }
}

/// The file under way: a class, so that the pieces' closure may hold it.
private final class BackupTarget {
  private let file: AtomicFile
  private(set) var byteCount = 0

  init(_ file: consuming AtomicFile) { self.file = file }

  func append(_ bytes: [UInt8]) throws(HarkError) {
    try file.append(bytes)
    byteCount += bytes.count
  }

  func commit() throws(HarkError) { try file.commit() }
}
