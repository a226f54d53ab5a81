import ArgumentParser
import Core
import Foundation
import SystemPackage
import Workers

/// The command line of `harkd`.
struct Options: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "harkd",
    abstract: "Listen to the audio files in folders, and answer what sounds like what.",
    discussion: """
      harkd watches the folders that it is given, analyses every audio file in them with \
      hark-worker processes, and answers over a Unix domain socket. Ask it with `hark`, or with \
      curl.

        harkd --watch ~/Music
        hark status --wait
        hark similar ~/Music/some-song.flac

      Every setting can stand in a settings file (/etc/hark/hark.yaml, then hark/hark.yaml in the \
      user's configuration directory), in the environment (HARK_WORKERS for workers), or here; what \
      comes later in this list wins. SIGHUP has the settings read again: watch, log-level, model and who may ask \
      change at once, the others at the next start, and harkd's log names those that wait. SIGTERM and Ctrl-C stop harkd cleanly; analyses that were \
      under way are made again at the next start.
      """,
    version: HarkVersion.current)

  @Option(help: ArgumentHelp("A folder to watch; may be given several times.", valueName: "dir"))
  var watch: [String] = []

  @Option(help: ArgumentHelp("Where everything that Hark knows is kept.", valueName: "dir"))
  var state: String?

  @Option(help: ArgumentHelp("The Unix domain socket to answer on.", valueName: "path"))
  var socket: String?

  @Option(
    help: ArgumentHelp("Read settings from this file, and from no other.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("The model file to analyse with.", valueName: "file"))
  var model: String?

  @Option(help: "Arithmetic of the network: auto, f32, bf16 or int8.")
  var precision: String?

  @Option(help: "Worker processes; by default one for each core.")
  var workers: String?

  @Option(help: "trace, debug, info, notice, warning, error or critical.")
  var logLevel: String?

  @Flag(
    help: """
      Verify every checksum and cross-reference of the state directory, say what is found, and end \
      with status 0 if all is well.
      """)
  var check = false

  @Flag(
    help: """
      Drop what is damaged in the state directory, so that the next harkd makes it again from the \
      audio; what is sound stays. Ends with status 0 if all is well then.
      """)
  var repair = false

  @Option(
    help: ArgumentHelp(
      """
      Make the state directory, which must hold no library, of what `hark backup` wrote. Everything \
      is verified first. Ends with status 0 if all is well.
      """, valueName: "file"))
  var restore: String?

  /// The options of this process; `nil` if help or the version was asked for and has been printed.
  /// Throws `invalidArgument` in ArgumentParser's words.
  static func parse() throws(HarkError) -> Options? {
    do {
      return try parse(ArgumentBytes.ofThisProgram())
    } catch {
      if exitCode(for: error).isSuccess {
        print(fullMessage(for: error))
        return nil
      }
      throw HarkError(
        .invalidArgument, ArgumentBytes.escaped(message(for: error)),
        remedy: "see `harkd --help`")
    }
  }

  /// Settings that were given as flags. Relative paths are made absolute here, where the working
  /// directory is known; they stay text as of ``ArgumentBytes``.
  var flags: [Setting: [String]] {
    func path(_ text: String) -> String { ArgumentBytes.text(Self.absolute(text).bytes) }
    var flags: [Setting: [String]] = [:]
    flags[.watch] = watch.map(path)
    flags[.state] = state.map { [path($0)] }
    flags[.socket] = socket.map { [path($0)] }
    flags[.model] = model.map { [path($0)] }
    flags[.precision] = precision.map { [$0] }
    flags[.workers] = workers.map { [$0] }
    flags[.logLevel] = logLevel.map { [$0] }
    return flags
  }

  /// Every setting, from all sources. Settings files that are not named may be missing.
  func settings() async throws(HarkError) -> Settings {
    let environment = ProcessInfo.processInfo.environment
    let defaults = DefaultPaths(environment: environment, isRoot: geteuid() == 0)
    var sources = [SettingsSource.flags(flags), try SettingsSource.environment(environment)]
    if let config {
      sources.append(try await .file(Self.absolute(config)))
    } else {
      for path in defaults.settings.reversed() {
        do throws(HarkError) {
          sources.append(try await .file(path))
        } catch  where error.code == .notFound {
          continue
        }
      }
    }
    return try Settings(
      sources: sources, defaults: defaults, cores: WorkerPoolConfiguration.coreCount)
  }

  private static func absolute(_ text: String) -> FilePath {
    let path = ArgumentBytes.path(of: text)
    guard path.isRelative, let directory = getcwd(nil, 0) else { return path }
    defer { free(directory) }
    return FilePath(platformString: directory).pushing(path).lexicallyNormalized()
  }
}
