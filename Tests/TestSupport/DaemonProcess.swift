import Foundation
import Synchronization

/// The real `harkd` with a folder, a state directory, a settings file and a socket of its own.
public final class DaemonProcess: Sendable {
  /// Where everything of one daemon lies; it outlives the process, so that a next one goes on.
  public struct Home: Sendable {
    private let directory: TemporaryDirectory
    /// The folder that is watched.
    public var folder: URL { directory("music") }
    public var state: URL { directory("state") }
    public var socket: URL { directory("s") }
    public var settings: URL { directory("hark.yaml") }
    public var log: URL { directory("log") }

    /// - Parameter settings: lines of the settings file.
    public init(settings: String = "settle: 0.1\nworkers: 2\n") throws {
      directory = try TemporaryDirectory()
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(settings.utf8).write(to: self.settings)
    }

    /// A file beside the folder, outside the library.
    public func beside(_ name: String) -> URL { directory(name) }

    /// What all daemons of this home have written so far.
    public var logText: String {
      String(decoding: (try? Data(contentsOf: log)) ?? Data(), as: UTF8.self)
    }

    /// The arguments with which `harkd` runs here.
    public var arguments: [String] {
      [
        "--watch", folder.path, "--state", state.path, "--socket", socket.path, "--config",
        settings.path,
      ]
    }
  }

  /// The home of the daemon that was started last, whose log explains a failure.
  public static let latest = Mutex<Home?>(nil)

  public let home: Home
  public let process: BackgroundProcess

  /// Starts the daemon and does not wait for it.
  ///
  /// - Parameter program: another `harkd` than the one that was built with the tests.
  /// - Parameter arguments: those of ``Home/arguments`` when absent.
  /// - Parameter launcher: a program, and its first arguments, that starts `harkd` in its own place.
  public init(
    _ home: Home, program: URL? = nil, arguments: [String]? = nil,
    environment: [String: String] = [:],
    launcher: (program: URL, arguments: [String])? = nil
  ) throws {
    self.home = home
    Self.latest.withLock { $0 = home }
    let harkd = program ?? ProgramRun.built("harkd")
    let arguments = arguments ?? home.arguments
    process = try BackgroundProcess(
      launcher?.program ?? harkd,
      launcher.map { $0.arguments + [harkd.path] + arguments } ?? arguments,
      environment: environment, output: home.log, errors: home.log)
  }

  /// Starts the daemon and waits until its socket answers.
  public static func start(
    _ home: Home, arguments: [String]? = nil, environment: [String: String] = [:]
  ) async throws -> DaemonProcess {
    let daemon = try DaemonProcess(home, arguments: arguments, environment: environment)
    try await eventually("the socket answers") {
      guard daemon.process.isRunning else {
        throw Unmet(description: "harkd ended early: \(home.logText)")
      }
      return try await daemon.hark("status", "--json").status == 0
    }
    return daemon
  }

  /// Runs `hark` with arguments against this daemon.
  public func hark(_ arguments: String...) async throws -> ProgramRun {
    try await hark(arguments)
  }

  public func hark(_ arguments: [String]) async throws -> ProgramRun {
    try await ProgramRun.run(
      ProgramRun.built("hark"), ["--socket", home.socket.path] + arguments,
      directory: home.folder)
  }

  /// Runs `curl` with a target such as `/v1/status`, and further arguments.
  public func curl(_ target: String, _ arguments: String...) async throws -> ProgramRun {
    guard let curl = ProgramRun.find("curl") else {
      throw Unmet(description: "curl is not installed")
    }
    return try await ProgramRun.run(
      curl,
      ["--silent", "--show-error", "--unix-socket", home.socket.path]
        + arguments + ["http://localhost\(target)"])
  }

  /// Ends the daemon cleanly and returns its exit status.
  @discardableResult
  public func stop(_ signal: Int32 = SIGTERM) async throws -> Int32 {
    process.send(signal)
    return try await process.waitForExit()
  }

  /// Ends the daemon as a power cut would.
  public func kill() async throws {
    process.send(SIGKILL)
    try await process.waitForExit()
  }
}
