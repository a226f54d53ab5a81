import Foundation
import TestSupport

/// The repository's own files, as text.
enum Repository {
  static let root = Golden.repository

  /// Paths of all files that belong to the repository, relative to its root: those that git tracks
  /// or would, or, outside a checkout, all that are not hidden or built.
  static let files: [String] = {
    let listed = try? Tool.run(
      "git", ["-C", root.path, "ls-files", "--cached", "--others", "--exclude-standard"])
    if let listed, listed.status == 0 {
      return listed.output.split(separator: "\n").map(String.init).filter(exists).sorted()
    }
    let walker = FileManager.default.enumerator(atPath: root.path)
    let all = (walker?.allObjects as? [String]) ?? []
    return all.filter { !$0.hasPrefix(".") && exists($0) }.sorted()
  }()

  /// Every file that is text, which the sample library, golden values, earlier states and what a way
  /// in has to bear are not.
  static let textFiles = files.filter { file in
    guard !file.hasPrefix("Tests/Golden/"), !file.hasPrefix("Tests/States/"),
      !file.hasPrefix("Tests/FuzzTests/Corpus/"),
      !file.hasSuffix(".safetensors"),
      !file.hasPrefix("Models/tests/data/")
    else { return false }
    return !file.hasPrefix("Audio/") || file.hasSuffix(".csv") || file.hasSuffix("LICENSE")
  }

  static func exists(_ file: String) -> Bool {
    var isDirectory: ObjCBool = false
    let path = root.appendingPathComponent(file).path
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && !isDirectory.boolValue
  }

  static func text(_ file: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)
  }

  static func lines(_ file: String) throws -> [String] {
    try text(file).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

/// A program of the system, run to its end.
enum Tool {
  struct Outcome {
    let status: Int32
    /// Standard output and standard error together.
    let output: String
  }

  /// Runs `name` as found in `PATH`. Throws if it cannot be started.
  static func run(
    _ name: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
  }

  static func exists(_ name: String) -> Bool { (try? run("which", [name]).status) == 0 }
}
