import Foundation

/// A program run to its end.
public struct ProgramRun: Sendable {
  /// The exit status, or minus the signal that ended it.
  public let status: Int32
  /// Standard output, byte for byte.
  public let output: Data
  /// Standard error.
  public let errors: String

  /// Standard output as text.
  public var text: String { String(decoding: output, as: UTF8.self) }

  /// Runs `program` and waits, without holding a thread. Throws if it cannot be started; one that
  /// runs for longer than `limit` is killed.
  public static func run(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:],
    directory: URL? = nil, limit: Duration = .seconds(120)
  ) async throws -> ProgramRun {
    let files = try TemporaryDirectory()
    let process = try BackgroundProcess(
      program, arguments, environment: environment, directory: directory,
      output: files("output"), errors: files("errors"))
    let status = try await process.waitForExit(limit: limit)
    return ProgramRun(
      status: status, output: try Data(contentsOf: files("output")),
      errors: String(decoding: try Data(contentsOf: files("errors")), as: UTF8.self))
  }

  /// Where a program of the system lies in `PATH`; `nil` if it does not.
  public static func find(_ name: String) -> URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").lazy
      .map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// One of our own programs, which SwiftPM puts beside the test bundle that runs now.
  public static func built(_ name: String) -> URL {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appendingPathComponent(name)
  }
}
