import ArgumentParser
import Core
import Dispatch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The program `hark`: arguments in, exit status out.
public enum Program {
  /// Runs the command that the program's arguments name, and ends the process.
  public static func main() async -> Never {
    StandardDescriptors.open()
    let arguments = ArgumentBytes.ofThisProgram()
    let task = Task { await run(arguments) }
    // Held until the process ends.
    let interruptions = [SIGINT, SIGTERM].compactMap { Interruption($0, of: task) }
    let status = await task.value
    let interrupted = interruptions.lazy.compactMap(\.status).first
    exit(interrupted ?? status)
  }

  /// Runs one command and says what went wrong, if anything did, in one line on standard error.
  /// Returns the exit status.
  static func run(_ arguments: [String]) async -> Int32 {
    do {
      var command = try await HarkCommand.asyncParseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return ExitStatus.success.rawValue
    } catch {
      return report(error)
    }
  }

  private static func report(_ error: any Error) -> Int32 {
    switch error {
    case let error as HarkError:
      Output.note("hark: \(error.description)")
      return error.code.exitStatus.rawValue
    case let error as EndedWith:
      return error.status.rawValue
    case is CancellationError:
      return 128 + SIGINT
    default:
      return reportParsing(error)
    }
  }

  /// Help, versions and completion scripts are "errors" to ArgumentParser, and belong to standard
  /// output.
  private static func reportParsing(_ error: any Error) -> Int32 {
    let status = HarkCommand.exitCode(for: error)
    let text = HarkCommand.fullMessage(for: error, columns: nil)
    guard status.isSuccess else {
      Output.note("hark: " + usageLine(HarkCommand.message(for: error), fullText: text))
      return status.rawValue == 1 ? ExitStatus.defect.rawValue : status.rawValue
    }
    var output = Output.standard()
    do throws(HarkError) {
      try output.line(text)
      try output.flush()
      return status.rawValue
    } catch {
      Output.note("hark: \(error.description)")
      return error.code.exitStatus.rawValue
    }
  }
}

extension Program {
  /// A parser's error on one line: what is wrong, and which command's help says more.
  ///
  /// ArgumentParser names that command only in the last line of its full text.
  static func usageLine(_ message: String, fullText: String) -> String {
    let lines = message.split(whereSeparator: \.isNewline).map(String.init)
    var line = ArgumentBytes.escaped(lines.joined(separator: " "))
    if line.last == "." { line.removeLast() }
    let quoted = fullText.split(whereSeparator: \.isNewline).last?.split(separator: "'") ?? []
    guard quoted.count == 3, quoted[0].hasSuffix("See ") else { return line }
    return line + "; see `\(quoted[1])`"
  }
}

/// Ends the program with a status when everything there was to say has been said.
struct EndedWith: Error {
  let status: ExitStatus
  init(_ status: ExitStatus) { self.status = status }
}
