import Foundation
import Synchronization

/// A process that runs beside the test and writes into files. It is killed when the last reference
/// goes, if it has not ended by then.
///
/// Foundation's `Process` will not do: it takes a child that closes what it inherits, as a daemon
/// does, for one that has ended, and then waits for it with everybody else's children behind.
public final class BackgroundProcess: Sendable {
  public let identifier: Int32
  /// Where standard output goes.
  public let outputFile: URL
  /// Where standard error goes.
  public let errorFile: URL
  /// What `waitpid` said at last.
  private let ending = Mutex<Int32?>(nil)

  /// Starts `program`. `environment` is added to the test's own, out of which every `HARK_` variable
  /// is taken, since those are settings of the programs under test.
  ///
  /// - Parameter errors: the same file as `output` to have both in one.
  public init(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:],
    directory: URL? = nil, output: URL, errors: URL
  ) throws {
    outputFile = output
    errorFile = errors
    let variables = ProcessInfo.processInfo.environment
      .filter { !$0.key.hasPrefix("HARK_") && $0.key != "NOTIFY_SOCKET" }
      .merging(environment) { $1 }.map { "\($0)=\($1)" }
    // What changes a child's directory in posix_spawn is not visible to Swift.
    let changing = directory.map { ["/usr/bin/env", "--chdir=\($0.path)"] } ?? []
    identifier = try Self.spawn(
      changing + [program.path] + arguments, variables, output: output.path, errors: errors.path)
  }

  deinit {
    guard isRunning else { return }
    send(SIGKILL)
    waitpid(identifier, nil, 0)
  }

  private static func spawn(
    _ arguments: [String], _ environment: [String], output: String, errors: String
  ) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let mode = O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, mode, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, errors, mode, 0o644)
    // Signals as a shell would hand them on.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var identifier: Int32 = 0
    let result = posix_spawn(&identifier, arguments[0], &actions, &attributes, &argv, &envp)
    guard result == 0 else {
      throw Unmet(description: "\(arguments[0]): \(String(cString: strerror(result)))")
    }
    return identifier
  }

  public var isRunning: Bool {
    ending.withLock { ending in
      guard ending == nil else { return false }
      var status: Int32 = 0
      let result = waitpid(identifier, &status, WNOHANG)
      guard result != 0 else { return true }
      ending = result == identifier ? status : -1
      return false
    }
  }

  /// What has been written to standard output so far.
  public var output: String {
    String(decoding: (try? Data(contentsOf: outputFile)) ?? Data(), as: UTF8.self)
  }

  /// What has been written to standard error so far.
  public var errors: String {
    String(decoding: (try? Data(contentsOf: errorFile)) ?? Data(), as: UTF8.self)
  }

  /// The numbers of the processes that it has started and that have not ended.
  public var children: [Int32] {
    let tasks = "/proc/\(identifier)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
    return threads.flatMap { thread in
      let list = (try? String(contentsOfFile: "\(tasks)/\(thread)/children", encoding: .utf8)) ?? ""
      return list.split(separator: " ").compactMap { Int32($0) }
    }
  }

  public func send(_ signal: Int32) {
    // Under the lock, so that the number is still this process's own.
    ending.withLock { ending in
      if ending == nil { kill(identifier, signal) }
    }
  }

  /// The exit status, or minus the signal that ended the process. One that has not ended after
  /// `limit` is killed.
  @discardableResult
  public func waitForExit(limit: Duration = .seconds(60)) async throws -> Int32 {
    let clock = ContinuousClock()
    let end = clock.now + limit
    while isRunning {
      if clock.now > end { send(SIGKILL) }
      try await Task.sleep(for: .milliseconds(5))
    }
    let status = ending.withLock { $0 ?? -1 }
    let signal = status & 0x7f
    return signal == 0 ? status >> 8 & 0xff : -signal
  }
}
