import Foundation

/// Runs Python where there is one, as an independent implementation to compare with.
enum Python {
  struct Failed: Error {
    let status: Int32
    let words: String
  }

  /// What `script` prints; `nil`, with a message, where Python or a module of its is missing (the
  /// script then ends with status 3).
  static func run(_ script: String, _ arguments: [String] = []) throws -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script] + arguments
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let words = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    switch process.terminationStatus {
    case 0: return text
    case 3, 127:
      print("skipped: python3 or a module that it needs is missing")
      return nil
    default: throw Failed(status: process.terminationStatus, words: words)
    }
  }
}
