import API
import Core
import Foundation
import Glibc
import SystemPackage

/// A `harkd` of a release build on a folder and a state directory of its own.
final class RunningDaemon {
  let socket: FilePath
  var facts: ProcessFacts { ProcessFacts(pid: process.processIdentifier) }
  private let process = Process()

  /// Starts it and waits until it answers; where it is to notify somebody, whoever listens there waits.
  init(
    _ options: Options, watching folder: FilePath, in workplace: Workplace, workers: Int = 1,
    notifying listener: NotifySocket? = nil
  ) throws {
    let program = options.programs.appending("harkd")
    guard access(program.string, X_OK) == 0 else {
      throw HarkError(
        .notFound, "there is no \(program.escaped)",
        remedy: "run `make release`, or say in HARK_BUILT where the programs are")
    }
    socket = workplace.path.appending("hark.sock")
    let log = workplace.path.appending("harkd.log")
    guard FileManager.default.createFile(atPath: log.string, contents: nil) else {
      throw HarkError(.system, "cannot write \(log.escaped)")
    }
    let settings = workplace.path.appending("hark.yaml")
    // Named, so that the user's own settings do not count.
    try "log-level: notice\n".write(toFile: settings.string, atomically: true, encoding: .utf8)
    process.executableURL = URL(fileURLWithPath: program.string)
    process.arguments = [
      "--watch", folder.string, "--state", workplace.path.appending("state").string,
      "--socket", socket.string, "--config", settings.string, "--model", options.model.string,
      "--workers", "\(workers)",
    ]
    process.environment = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("HARK_") && $0.key != "NOTIFY_SOCKET"
    }
    if let listener { process.environment?["NOTIFY_SOCKET"] = listener.path.string }
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: log.string)
    process.standardOutput = process.standardError
    try process.run()
    if listener != nil { return }
    do {
      try wait("harkd to answer", seconds: 120, every: 0.05) { try isAnswering() }
    } catch {
      stop()
      let words = (try? String(contentsOfFile: log.string, encoding: .utf8)) ?? ""
      throw HarkError(.unavailable, "harkd does not start", cause: "\(error)\n\(words)")
    }
  }

  /// Ends it; whoever started it has to, since it outlives its value otherwise.
  func stop() {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }

  func client() throws -> SocketClient { try SocketClient(path: socket) }

  /// Waits until the folder is scanned, every known file is analysed, and at least `files` are.
  func waitUntilIdle(files: Int, seconds: Double) throws {
    let client = try client()
    try wait("\(files) files to be analysed", seconds: seconds, every: 0.5) {
      let status = try client.status()
      guard status.files.failed == 0 else {
        throw HarkError(.unavailable, "\(status.files.failed) files could not be analysed")
      }
      let isScanned = status.roots.allSatisfy { ["watching", "polling"].contains($0.state) }
      return status.idle && isScanned && status.files.analysed >= files
    }
  }

  /// Asks again and again until `isTrue`. Throws `timedOut`.
  func wait(
    _ what: String, seconds: Double, every pause: Double, until isTrue: () throws -> Bool
  ) throws {
    let start = Clock.now()
    while try !isTrue() {
      guard process.isRunning else { throw HarkError(.unavailable, "harkd has ended") }
      guard (Clock.now() - start).wall < seconds else {
        throw HarkError(.timedOut, "waited \(Int(seconds)) s in vain for \(what)")
      }
      usleep(UInt32(pause * 1e6))
    }
  }

  private func isAnswering() throws -> Bool {
    guard access(socket.string, F_OK) == 0, let client = try? client() else { return false }
    return try client.get("/v1/status").status == 200
  }
}

extension RunningDaemon {
  /// Runs `body` while a daemon rests on a library of so many recordings that nobody had to analyse.
  static func withLibrary<Value>(
    recordings: Int, segments: Int, workers: Int = 1, _ options: Options, for benchmark: String,
    _ body: (RunningDaemon, SyntheticLibrary, Workplace) throws -> Value
  ) async throws -> Value {
    let workplace = try Workplace()
    defer { workplace.remove() }
    tell("\(benchmark): \(recordings) recordings are made")
    let library = try await SyntheticLibrary(
      recordings: recordings, segments: segments, model: options.model, in: workplace)
    let daemon = try RunningDaemon(
      options, watching: library.folder, in: workplace, workers: workers)
    defer { daemon.stop() }
    try daemon.waitUntilIdle(files: recordings, seconds: 600)
    return try body(daemon, library, workplace)
  }
}
