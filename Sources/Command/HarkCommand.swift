import ArgumentParser
import Core

/// `hark` itself: what all commands share, and the list of them.
struct HarkCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hark",
    abstract: "Ask what your audio files sound like.",
    discussion: """
      The daemon harkd listens to the audio files in your folders; hark asks it over a Unix \
      socket. Paths may be relative, and any bytes that a file name can hold.

      EXAMPLES
        hark status
        hark similar song.flac
        hark similar mix.ogg --from 1:32 --to 1:45
        hark similar kick.wav --under ~/samples --paths -0 | xargs -0 mpv
        hark identify recorded-from-radio.wav
        hark duplicates
        hark tags ~/Downloads/clip.mp3
        hark list --failed

      THE SOCKET

      --socket names it; without it HARK_SOCKET does. Without both, hark asks your own daemon at \
      $XDG_RUNTIME_DIR/hark/hark.sock and, where none answers, the system's at /run/hark/hark.sock.

      EXIT STATUS

      0 done; 64 wrong usage; 65 bad data; 66 no such file or recording; 69 no daemon answers, or \
      not now; 74 no space left; 75 try again; 77 not permitted; 70, 71 something failed that \
      should not; 130 interrupted.
      """,
    version: "hark \(HarkVersion.current)",
    groupedSubcommands: [
      CommandGroup(
        name: "Ask",
        subcommands: [
          SimilarCommand.self, IdentifyCommand.self, DuplicatesCommand.self, TagsCommand.self,
          ShowCommand.self, ListCommand.self, StatusCommand.self, EventsCommand.self,
        ]),
      CommandGroup(
        name: "Manage",
        subcommands: [
          RescanCommand.self, ForgetCommand.self, ModelCommand.self, BackupCommand.self,
        ]),
      CommandGroup(
        name: "Without a daemon",
        subcommands: [AlignCommand.self, EmbedCommand.self, RestoreCommand.self]),
    ])

  @OptionGroup var connection: ConnectionOptions

  func run() throws {
    Output.note(Self.helpMessage())
    throw EndedWith(.usage)
  }
}
