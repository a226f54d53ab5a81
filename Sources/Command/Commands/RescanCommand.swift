import API
import ArgumentParser
import Core

/// `hark rescan`.
struct RescanCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "rescan",
    abstract: "Look through the folders again.",
    discussion: """
      Needed only where changes go unnoticed, as on some network file systems; files that failed \
      are tried again. Returns at once: `hark status --wait` waits for the end.

      A folder that was moved to another disk, or emptied, looks like one whose disk is away: it is \
      offline, and what is known of its files is kept. With --adopt it is taken as it is now, and \
      files that are no longer in it are forgotten.

      EXAMPLES
        hark rescan
        hark rescan /mnt/nas/music && hark status --wait
        hark rescan --adopt /srv/music
      """)

  @Argument(
    help: ArgumentHelp("Only this folder and what lies below it.", valueName: "dir"),
    completion: .directory)
  var directory: PathArgument?

  @Flag(help: "Take a folder that is offline as it is now: it was moved or emptied on purpose.")
  var adopt = false

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  func validate() throws {
    guard !adopt || directory != nil else {
      throw ValidationError("--adopt needs the folder's name; others may only be away")
    }
  }

  func run() async throws {
    let directory = directory?.candidates().first
    _ = try await daemon.post(
      "/v1/rescan", Wire.Rescan(under: directory, adopt: adopt ? true : nil))
    if Terminal.standardError.isTerminal {
      Output.note("Looking through \(directory?.escaped ?? "all folders") again.")
    }
  }
}

/// `hark forget`.
struct ForgetCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "forget",
    abstract: "Forget a file's analysis.",
    discussion: """
      The file itself is not touched. If it is still there, it is analysed afresh; if no other \
      file holds its recording, that is forgotten too.

      EXAMPLES
        hark forget song.flac
      """)

  @Argument(help: ArgumentHelp("A file of the library; it may be gone.", valueName: "file"))
  var file: PathArgument

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  func run() async throws {
    let daemon = daemon
    guard let known = try await daemon.file(named: file), let path = known.filePath else {
      throw HarkError.notInLibrary(file)
    }
    _ = try await daemon.post("/v1/forget", Wire.Forget(path: path))
    if Terminal.standardError.isTerminal { Output.note("Forgot \(path.escaped).") }
  }
}
